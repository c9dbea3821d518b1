#include "server/http/routing/route_table.h"

#include <algorithm>
#include <optional>

#include "server/http/handlers/handlers.h"

namespace plenum::http {
namespace {

constexpr std::string_view id_segment = "{id}";

// What stands for {id}, or for {id} and all behind it when the pattern goes on: empty when it has none;
// nothing when the path does not match.
std::optional<std::string_view> matched(std::string_view pattern, std::string_view path) {
  const auto at = pattern.find(id_segment);
  if (at == pattern.npos) return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
  if (!path.starts_with(pattern.substr(0, at))) return {};
  const auto rest = path.substr(at);
  const auto behind = pattern.substr(at + id_segment.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  if (slash == 0) return {};
  if (behind.empty()) return slash == rest.size() ? std::optional(rest) : std::nullopt;
  // The last part may hold slashes: a member is `provider/model`.
  const auto fixed = behind.substr(0, behind.find('{'));
  const bool fits = rest.substr(slash).starts_with(fixed) && rest.size() > slash + fixed.size();
  return fits ? std::optional(rest) : std::nullopt;
}

constexpr Route routes[] = {
    {Method::post, "/api/stream/task", true, &post_task},
    {Method::post, "/api/process", true, &post_process},
    {Method::get, "/api/stream/tasks", false, &get_tasks},
    {Method::post, "/api/stream/retry/{id}", false, &post_retry},
    {Method::del, "/api/stream/task/{id}", false, &delete_task},
    {Method::get, "/api/stream/events/{id}", false, &get_events},
    {Method::get, "/api/stream/status/{id}", false, &get_status},
    {Method::get, "/api/stream/result/{id}", false, &get_result},
    {Method::get, "/api/stream/snapshot/{id}", false, &get_snapshot},
    {Method::get, "/api/stream/export/{id}", false, &get_export},
    {Method::post, "/api/stream/cancel/{id}", false, &post_cancel},
    {Method::post, "/api/stream/cancel/{id}/members/{member}", false, &post_skip},
    {Method::get, "/api/workflows", false, &get_workflows},
    {Method::get, "/api/workflows/{id}", false, &get_workflow},
    {Method::get, "/api/models", false, &get_models},
    {Method::get, "/status", false, &get_server_status},
    {Method::get, "/livez", false, &get_livez},
    {Method::get, "/readyz", false, &get_readyz},
};

}  // namespace

RouteMatch find_route(std::span<const Route> table, Method method, std::string_view path) {
  const Method wanted = method == Method::head ? Method::get : method;
  RouteMatch match;
  for (const auto& route : table) {
    const auto id = matched(route.pattern, path);
    if (!id) continue;
    match.path_known = true;
    if (route.method == wanted) return {&route, *id, true};
  }
  return match;
}

std::string allowed_methods(std::span<const Route> table, std::string_view path) {
  std::string list;
  for (const auto& route : table) {
    if (!matched(route.pattern, path)) continue;
    if (!list.empty()) list += ", ";
    list += name_of(route.method);
    if (route.method == Method::get) list += ", HEAD";
  }
  return list.empty() ? list : list + ", OPTIONS";
}

std::span<const Route> all_routes() { return routes; }

}  // namespace plenum::http
