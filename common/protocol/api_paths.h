// The routes, shared by server and client.
#pragma once

#include <string>
#include <string_view>

namespace plenum::api {

inline constexpr std::string_view task = "/api/stream/task";
inline constexpr std::string_view tasks = "/api/stream/tasks";
inline constexpr std::string_view events = "/api/stream/events/";  // + stream id
inline constexpr std::string_view multiplexed_events = "/api/stream/events";
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
inline constexpr std::string_view server_status = "/status";  // + / + stream id: alias of `status`
inline constexpr std::string_view livez = "/livez";
inline constexpr std::string_view readyz = "/readyz";
inline constexpr std::string_view health = "/health";    // as readyz: the usual paths of monitors
inline constexpr std::string_view healthz = "/healthz";  // likewise
inline constexpr std::string_view index = "/";
inline constexpr std::string_view workflows = "/api/workflows";  // one of them: + / + name
inline constexpr std::string_view models = "/api/models";
inline constexpr std::string_view councils = "/api/councils";

// Prefix of every route: /as/<dialect>/api/…; its streams have that format.
inline constexpr std::string_view as = "/as/";
// Of LLM Council, only with the prefix of its formats; after a conversation and its id, or alone.
inline constexpr std::string_view message_stream = "/message/stream";
inline constexpr std::string_view retry_synthesis_stream = "/retry-synthesis/stream";
inline constexpr std::string_view retry_rankings_stream = "/retry-rankings/stream";
inline constexpr std::string_view retry_all_stream = "/retry-all/stream";
inline constexpr std::string_view pending = "/pending";
inline constexpr std::string_view council_config = "/api/config";
inline constexpr std::string_view council_user = "/api/user";
inline constexpr std::string_view council_version = "/api/version";
inline constexpr std::string_view council_curated = "/api/curated-models";

// Whether the path is that of llm-sse's route, below any format prefix.
inline bool is_process(std::string_view path) {
  if (!path.starts_with(as)) return path == process;
  const auto end = path.find('/', as.size());
  return end != std::string_view::npos && path.substr(end) == process;
}

inline std::string with_id(std::string_view path, std::string_view id) { return std::string(path).append(id); }

}  // namespace plenum::api
