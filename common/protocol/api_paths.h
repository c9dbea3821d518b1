// The routes, shared by server and client.
#pragma once

#include <string>
#include <string_view>

namespace plenum::api {

inline constexpr std::string_view task = "/api/stream/task";
inline constexpr std::string_view tasks = "/api/stream/tasks";
inline constexpr std::string_view events = "/api/stream/events/";      // + stream id
inline constexpr std::string_view status = "/api/stream/status/";      // + stream id
inline constexpr std::string_view result = "/api/stream/result/";      // + stream id
inline constexpr std::string_view snapshot = "/api/stream/snapshot/";  // + stream id
inline constexpr std::string_view exported = "/api/stream/export/";    // + stream id
inline constexpr std::string_view retry = "/api/stream/retry/";        // + stream id
inline constexpr std::string_view cancel = "/api/stream/cancel/";      // + stream id
inline constexpr std::string_view members = "/members/";  // after cancel and the id; + member, percent-encoded
inline constexpr std::string_view conversations = "/api/conversations";  // one of them: + / + id, percent-encoded
inline constexpr std::string_view standings = "/api/standings";
inline constexpr std::string_view process = "/api/process";
inline constexpr std::string_view server_status = "/status";
inline constexpr std::string_view livez = "/livez";
inline constexpr std::string_view readyz = "/readyz";
inline constexpr std::string_view health = "/health";    // as readyz: the usual paths of monitors
inline constexpr std::string_view healthz = "/healthz";  // likewise
inline constexpr std::string_view index = "/";
inline constexpr std::string_view workflows = "/api/workflows";  // one of them: + / + name
inline constexpr std::string_view models = "/api/models";
inline constexpr std::string_view councils = "/api/councils";

inline std::string with_id(std::string_view path, std::string_view id) { return std::string(path).append(id); }

}  // namespace plenum::api
