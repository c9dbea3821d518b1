// All routes in one table, and its lookup. Paths are matched by segment, not by cpp-httplib, whose routing is one
// regular expression per route and overflows its stack on a long path.
// Pure: any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/compat/translator.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

struct HandlerContext;

// What follows Route::path in the path of a request.
enum class PathTail : std::uint8_t {
  none,    // nothing
  id,      // one segment: a stream id, or a name, which may be percent-encoded
  member,  // a segment, `/members/` and the rest, which may have slashes: a member is `provider/model`
};

// What a handler does. It selects the threads that call it, and the meaning of a response that comes too late.
enum class RouteKind : std::uint8_t {
  probe,   // responds from memory at once: on the event loop, so that a health check never waits for a thread
  read,    // may read the disk; changes nothing
  change,  // may wait for a commit to the disk; past the response timeout its outcome is unknown
};

struct Route {
  Method method = Method::get;
  RouteKind kind;           // without a default: each route states it
  std::string_view path{};  // of common/protocol/api_paths.h
  PathTail tail = PathTail::none;
  bool takes_body = false;  // a request without a body is rejected
  HandlerResult (*handler)(const HandlerContext& context, const Request& request, std::string_view tail) = nullptr;
  bool any_host = false;      // also under a Host that is not allowed: health checks; the response must hold no secret
  std::string_view suffix{};  // what follows the id, with PathTail::id; not part of the tail
};

struct RouteMatch {
  const Route* route = nullptr;  // null: see path_known
  std::string_view tail;         // points into the path
  bool path_known = false;       // a route has this path, with this or another method
  bool any_host = false;         // as Route::any_host, of the routes of this path
};

// The route of a request; HEAD matches the route of GET.
RouteMatch find_route(std::span<const Route> table, Method method, std::string_view path);
// The methods of a path, as an Allow header lists them; empty if no route has the path.
std::string allowed_methods(std::span<const Route> table, std::string_view path);
// The methods of all routes, in the same form.
std::string all_methods(std::span<const Route> table);

// The server's routes.
std::span<const Route> all_routes();
// Those with the prefix of this format: the routes of its system, and the server's others.
std::vector<Route> routes_of(compat::CompatFormat format);

}  // namespace plenum::http
