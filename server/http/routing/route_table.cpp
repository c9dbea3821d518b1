#include "server/http/routing/route_table.h"

#include <algorithm>
#include <optional>

#include "common/protocol/api_paths.h"
#include "server/http/council/council_conversations.h"
#include "server/http/council/council_server.h"
#include "server/http/council/council_streams.h"
#include "server/http/handlers/conversation_handlers.h"
#include "server/http/handlers/events_handler.h"
#include "server/http/handlers/export_handler.h"
#include "server/http/handlers/multiplex_handler.h"
#include "server/http/handlers/process_handler.h"
#include "server/http/handlers/server_handlers.h"
#include "server/http/handlers/standings_handler.h"
#include "server/http/handlers/stream_handlers.h"
#include "server/http/handlers/task_handlers.h"
#include "server/http/handlers/task_list_handler.h"
#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

// The part of the request's path after the route's; absent if the route does not match.
std::optional<std::string_view> tail_of(const Route& route, std::string_view path) {
  if (!path.starts_with(route.path)) return {};
  std::string_view tail = path.substr(route.path.size());
  if (route.tail == PathTail::none) return tail.empty() ? std::optional(tail) : std::nullopt;
  if (!route.path.ends_with('/')) {
    if (!tail.starts_with('/')) return {};
    tail.remove_prefix(1);
  }
  const auto id_end = std::min(tail.find('/'), tail.size());
  if (id_end == 0) return {};
  if (route.tail == PathTail::id) {
    return tail.substr(id_end) == route.suffix ? std::optional(tail.substr(0, id_end)) : std::nullopt;
  }
  const auto rest = tail.substr(id_end);
  const bool has_member = rest.starts_with(api::members) && rest.size() > api::members.size();
  return has_member ? std::optional(tail) : std::nullopt;
}

constexpr Route routes[] = {
    {Method::post, RouteKind::change, api::task, PathTail::none, true, &post_task},
    {Method::post, RouteKind::change, api::process, PathTail::none, true, &post_process},
    {Method::get, RouteKind::read, api::tasks, PathTail::none, false, &get_tasks},
    {Method::post, RouteKind::change, api::retry, PathTail::id, false, &post_retry},
    {Method::del, RouteKind::change, api::task, PathTail::id, false, &delete_task},
    {Method::get, RouteKind::read, api::events, PathTail::id, false, &get_events},
    {Method::get, RouteKind::read, api::multiplexed_events, PathTail::none, false, &get_multiplexed_events},
    {Method::get, RouteKind::read, api::status, PathTail::id, false, &get_status},
    {Method::get, RouteKind::read, api::result, PathTail::id, false, &get_result},
    {Method::get, RouteKind::read, api::snapshot, PathTail::id, false, &get_snapshot},
    {Method::get, RouteKind::read, api::exported, PathTail::id, false, &get_export},
    {Method::post, RouteKind::change, api::cancel, PathTail::id, false, &post_cancel},
    {Method::post, RouteKind::change, api::cancel, PathTail::member, false, &post_skip},
    {Method::get, RouteKind::read, api::conversations, PathTail::none, false, &get_conversations},
    {Method::get, RouteKind::read, api::conversations, PathTail::id, false, &get_conversation},
    {Method::patch, RouteKind::change, api::conversations, PathTail::id, true, &patch_conversation},
    {Method::del, RouteKind::change, api::conversations, PathTail::id, false, &delete_conversation},
    {Method::get, RouteKind::read, api::standings, PathTail::none, false, &get_standings},
    {Method::get, RouteKind::read, api::workflows, PathTail::none, false, &get_workflows},
    {Method::get, RouteKind::read, api::workflows, PathTail::id, false, &get_workflow},
    {Method::get, RouteKind::read, api::models, PathTail::none, false, &get_models},
    {Method::get, RouteKind::read, api::councils, PathTail::none, false, &get_councils},
    {Method::get, RouteKind::read, api::server_status, PathTail::none, false, &get_server_status},
    {Method::get, RouteKind::read, api::server_status, PathTail::id, false, &get_status},
    {Method::get, RouteKind::probe, api::livez, PathTail::none, false, &get_livez, true},
    {Method::get, RouteKind::probe, api::readyz, PathTail::none, false, &get_readyz, true},
    {Method::get, RouteKind::probe, api::health, PathTail::none, false, &get_readyz, true},
    {Method::get, RouteKind::probe, api::healthz, PathTail::none, false, &get_readyz, true},
    {Method::get, RouteKind::probe, api::index, PathTail::none, false, &get_index},
};

// The methods of the routes that `included` selects, each once.
template <class Included>
std::string listed(std::span<const Route> table, Included&& included) {
  std::string list;
  const auto add = [&list](std::string_view name) {
    if (list_has(list, lower_case(name))) return;
    list.append(list.empty() ? "" : ", ").append(name);
  };
  for (const auto& route : table) {
    if (!included(route)) continue;
    add(name_of(route.method));
    if (route.method == Method::get) add(name_of(Method::head));
  }
  if (!list.empty()) add(name_of(Method::options));
  return list;
}

constexpr Route council_routes[] = {
    {Method::get, RouteKind::read, api::conversations, PathTail::none, false, &get_council_conversations},
    {Method::post, RouteKind::change, api::conversations, PathTail::none, false, &post_council_conversation},
    {Method::get, RouteKind::read, api::conversations, PathTail::id, false, &get_council_conversation},
    {Method::patch, RouteKind::change, api::conversations, PathTail::id, true, &patch_council_conversation},
    {Method::del, RouteKind::change, api::conversations, PathTail::id, false, &delete_council_conversation},
    {Method::get, RouteKind::read, api::conversations, PathTail::id, false, &get_council_pending, false, api::pending},
    {Method::del, RouteKind::change, api::conversations, PathTail::id, false, &delete_council_pending, false,
     api::pending},
    {Method::post, RouteKind::change, api::conversations, PathTail::id, true, &post_council_message, false,
     api::message_stream},
    {Method::post, RouteKind::change, api::conversations, PathTail::id, false, &post_council_retry_synthesis, false,
     api::retry_synthesis_stream},
    {Method::post, RouteKind::change, api::conversations, PathTail::id, false, &post_council_retry_rankings, false,
     api::retry_rankings_stream},
    {Method::post, RouteKind::change, api::conversations, PathTail::id, false, &post_council_retry_all, false,
     api::retry_all_stream},
    {Method::get, RouteKind::read, api::council_config, PathTail::none, false, &get_council_config},
    {Method::get, RouteKind::read, api::council_user, PathTail::none, false, &get_council_user},
    {Method::get, RouteKind::read, api::council_version, PathTail::none, false, &get_council_version},
    {Method::get, RouteKind::read, api::council_curated, PathTail::none, false, &get_council_curated},
    {Method::get, RouteKind::read, api::models, PathTail::none, false, &get_council_models},
};

bool same_path(const Route& left, const Route& right) {
  return left.path == right.path && left.tail == right.tail && left.suffix == right.suffix;
}

}  // namespace

std::vector<Route> routes_of(compat::CompatFormat format) {
  std::vector<Route> own;
  if (format == compat::CompatFormat::council || format == compat::CompatFormat::council_2026) {
    own.assign(std::begin(council_routes), std::end(council_routes));
  }
  std::vector<Route> table = own;
  for (const Route& route : routes) {
    const auto replaces = [&](const Route& other) { return same_path(other, route); };
    if (std::none_of(own.begin(), own.end(), replaces)) table.push_back(route);
  }
  return table;
}

RouteMatch find_route(std::span<const Route> table, Method method, std::string_view path) {
  const Method wanted = method == Method::head ? Method::get : method;
  RouteMatch match;
  for (const auto& route : table) {
    const auto tail = tail_of(route, path);
    if (!tail) continue;
    match.path_known = true;
    match.any_host = match.any_host || route.any_host;
    if (route.method == wanted) return {&route, *tail, true, route.any_host};
  }
  return match;
}

std::string allowed_methods(std::span<const Route> table, std::string_view path) {
  return listed(table, [&](const Route& route) { return tail_of(route, path).has_value(); });
}

std::string all_methods(std::span<const Route> table) {
  return listed(table, [](const Route&) { return true; });
}

std::span<const Route> all_routes() { return routes; }

}  // namespace plenum::http
