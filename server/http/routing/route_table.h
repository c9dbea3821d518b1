// Every route in one table, and how a path finds its row: by segments, by hand. The library's own
// routing is a regular expression per route, which overflows its stack on a long path.
// Pure: any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "server/http/message/request.h"
#include "server/http/message/response.h"

namespace plenum::http {

struct HandlerContext;

struct Route {
  Method method = Method::get;
  std::string_view pattern;  // a last segment of `{id}` stands for any one segment
  bool takes_body = false;   // a POST to it must say how long its body is
  HandlerResult (*handler)(const HandlerContext& context, const Request& request, std::string_view id) = nullptr;
};

struct RouteMatch {
  const Route* route = nullptr;  // null: see path_known
  std::string_view id;           // what stood for `{id}`; points into the path
  bool path_known = false;       // the path exists, the method does not
};

// HEAD finds the route of GET.
RouteMatch find_route(std::span<const Route> table, Method method, std::string_view path);
// The methods of a path, as an Allow header lists them.
std::string allowed_methods(std::span<const Route> table, std::string_view path);

// The server's routes.
std::span<const Route> all_routes();

}  // namespace plenum::http
