#include "server/http/handlers/server_handlers.h"

#include <nlohmann/json.hpp>

#include "common/base/sha256.h"
#include "common/base/version.h"
#include "common/protocol/api_paths.h"
#include "server/core/default_models.h"
#include "server/http/message/etag.h"
#include "server/http/message/query_params.h"
#include "server/telemetry/log.h"

namespace plenum::http {
namespace {

Json steps_view(const workflow::Workflow& workflow) {
  Json steps = Json::array();
  for (const auto& step : workflow.steps) {
    steps.push_back(
        Json{{"id", step.id}, {"agent", step.agent}, {"stage", step.stage}, {"description", step.description}});
  }
  return steps;
}

Json workflow_view(const workflow::Workflow& workflow) {
  return Json{{"name", workflow.name},     {"description", workflow.description}, {"roles", workflow.roles},
              {"origin", workflow.origin}, {"version", workflow.version},         {"steps", steps_view(workflow)}};
}

// The configured models, the default one, and what the provider lists.
void add_models(Json& row, const core::ProviderInfo& provider, const core::ModelLists* lists) {
  const auto defaults = core::default_models(provider, lists);
  row["default_model"] = defaults.empty() ? Json(nullptr) : Json(defaults.front());
  row["default_models"] = provider.default_models;
  row["models"] = provider.models;
  if (lists == nullptr) return;
  const auto list = lists->of(provider.name);
  row["models_listed_at"] = list->known() ? Json(rfc3339(list->listed_at)) : Json(nullptr);
  if (list->error) row["models_error"] = to_json(error_info(*list->error));
  if (!list->known()) return;
  Json listed = Json::array();
  for (const auto& model : list->models) listed.push_back(model.id);
  row["listed_models"] = std::move(listed);
}

// The fault of the workflow files on disk, while the last valid ones stay in use; null: none.
Json workflows_error(const HandlerContext& context) {
  const auto fault = context.tasks.planner().catalog().error();
  return fault ? to_json(error_info(*fault)) : Json(nullptr);
}

Json streams_view(const stream::ManagerCounts& counts) {
  Json streams;
  std::size_t held = 0;
  for (std::size_t i = 0; i < counts.by_status.size(); ++i) {
    streams[std::string(name_of(static_cast<TaskStatus>(i)))] = counts.by_status[i];
    held += counts.by_status[i];
  }
  streams["held"] = held;
  streams["opened_total"] = counts.opened_total;
  streams["reaped_total"] = counts.reaped_total;
  streams["evicted_total"] = counts.evicted_total;
  return streams;
}

Json store_view(const core::EventStore* store) {
  if (store == nullptr) return Json{{"name", core::store_name(store)}};
  const core::StoreState state = store->state();
  return Json{{"name", core::store_name(store)},
              {"writable", state.writable},
              {"error", state.error ? to_json(error_info(*state.error)) : Json(nullptr)}};
}

Json connections_view(const HttpServerStats& stats) {
  Json rejected = Json::object();
  for (const auto& [name, count] : stats.rejected) rejected[name] = count;
  return Json{{"open", stats.open},
              {"accepted_total", stats.accepted},
              {"requests_total", stats.requests},
              {"accept_errors_total", stats.accept_errors},
              {"rejected_total", std::move(rejected)}};
}

Json memory_view(const runtime::MemoryBudget& memory) {
  Json kinds = Json::object();
  for (std::size_t i = 0; i < runtime::memory_kind_count; ++i) {
    const auto kind = static_cast<runtime::MemoryKind>(i);
    kinds[std::string(name_of(kind))] = memory.used(kind);
  }
  const bool limited = memory.bytes_max() != runtime::MemoryBudget::unlimited;
  return Json{{"max", limited ? Json(memory.bytes_max()) : Json(nullptr)},
              {"used", memory.used()},
              {"rejected_total", memory.rejected()},
              {"by_kind", std::move(kinds)}};
}

Json limit(int value) { return value > 0 ? Json(value) : Json(nullptr); }

// of_workflow: the workflow whose file defines it; null: the configuration.
Json council_view(const Council& council, Json of_workflow) {
  Json view = to_json(council);
  view["of_workflow"] = std::move(of_workflow);
  return view;
}

Json price_view(const core::ModelPrice& price) {
  Json row{{"input", price.input}, {"output", price.output}, {"origin", core::name_of(price.origin)}};
  row["cached_input"] = price.cached_input.value_or(price.input);
  row["cache_write"] = price.cache_write.value_or(price.input);
  if (!price.date.empty()) row["date"] = price.date;
  if (price.request > 0) row["usd_per_request"] = price.request;
  if (price.max_output > 0) row["max_output_tokens"] = price.max_output;
  if (price.context > 0) row["context_tokens"] = price.context;
  if (const auto& prices = price.long_context) {
    row["long_context"] = Json{{"above_tokens", prices->above},
                               {"input", prices->input},
                               {"output", prices->output},
                               {"cached_input", prices->cached_input.value_or(prices->input)}};
  }
  return row;
}

// By model: those that the provider lists, and those with a price of their own.
Json prices_view(const core::ProviderInfo& provider) {
  Json prices = Json::object();
  if (!provider.prices) return prices;
  std::vector<std::string> models = provider.prices->models();
  models.insert(models.end(), provider.models.begin(), provider.models.end());
  for (const std::string& model : models) {
    if (const auto price = provider.prices->find(model)) prices[model] = price_view(*price);
  }
  return prices;
}

Json price_file_view(const HandlerContext& context) {
  const core::PriceFileInfo file = context.providers.price_file();
  if (file.date.empty()) return nullptr;
  Json view{{"date", file.date}, {"version", file.version}, {"origin", file.path.empty() ? "built-in" : file.path}};
  if (const auto note = core::age_note(file, context.clock.wall()); !note.empty()) view["note"] = note;
  return view;
}

}  // namespace

HandlerResult get_workflows(const HandlerContext& context, const Request&, std::string_view) {
  Json list = Json::array();
  for (const auto& workflow : context.tasks.planner().catalog().get()->all()) list.push_back(workflow_view(*workflow));
  return json_response(200, Json{{"workflows", std::move(list)},
                                 {"default", context.tasks.planner().default_workflow()},
                                 {"workflows_error", workflows_error(context)}});
}

HandlerResult get_workflow(const HandlerContext& context, const Request&, std::string_view name) {
  const auto workflow = context.tasks.planner().catalog().get()->find(name);
  if (!workflow) {
    return problem(Error{ErrorCode::not_found, "No such workflow.", "GET /api/workflows lists them."});
  }
  Json view = workflow_view(*workflow);
  view["source"] = *workflow->source;
  return json_response(200, view);
}

HandlerResult get_councils(const HandlerContext& context, const Request&, std::string_view) {
  const auto& planner = context.tasks.planner();
  Json list = Json::array();
  for (const Council& council : planner.councils()) list.push_back(council_view(council, Json(nullptr)));
  for (const auto& workflow : planner.catalog().get()->all()) {
    for (const Council& council : workflow->councils) list.push_back(council_view(council, Json(workflow->name)));
  }
  return json_response(200, Json{{"councils", std::move(list)}});
}

HandlerResult get_models(const HandlerContext& context, const Request& request, std::string_view) {
  const auto query = Query::parse(request.head.query, {"live"});
  if (!query) return problem(query.error());
  const auto live = query->number("live", 0, 1, 0);
  if (!live) return problem(live.error());
  if (*live == 1 && context.providers.lists() != nullptr) context.providers.lists()->refresh();
  Json list = Json::array();
  for (const auto& provider : context.providers.all()) {
    Json row{{"name", provider.name}, {"kind", core::name_of(provider.kind)}, {"base_url", provider.base_url}};
    // The variable's name helps to set the key; only the provider's adapter holds its value.
    row["key_env"] = provider.key_env.empty() ? Json(nullptr) : Json(provider.key_env);
    row["key_present"] = provider.key_present;
    row["searches"] = provider.searches;
    add_models(row, provider, context.providers.lists());
    row["fallback"] = provider.fallback;
    row["limits"] = Json{{"concurrent_requests_max", limit(provider.concurrent_requests_max)},
                         {"requests_per_minute", limit(provider.requests_per_minute)}};
    if (Json prices = prices_view(provider); !prices.empty()) {
      row["prices_usd_per_million_tokens"] = std::move(prices);
    }
    const auto now = context.monitor.status(provider.name, context.clock.steady());
    row["state"] = Json{{"breaker", now.breaker}, {"in_flight", now.in_flight}, {"waiting", now.waiting}};
    if (now.retry_in.count() > 0) row["state"]["retry_after_ms"] = now.retry_in.count();
    if (!now.open_models.empty()) row["state"]["open_models"] = now.open_models;
    list.push_back(std::move(row));
  }
  return json_response(200, Json{{"providers", std::move(list)}, {"price_file", price_file_view(context)}});
}

HandlerResult get_server_status(const HandlerContext& context, const Request& request, std::string_view) {
  const auto counts = context.tasks.streams().counts();
  const auto up = std::chrono::duration_cast<seconds>(context.clock.steady() - context.started);
  Json view{{"status", context.tasks.draining() ? "draining" : "ok"},
            {"version", program_version()},
            {"streams", streams_view(counts)},
            {"store", store_view(context.tasks.streams().store())},
            {"workflows_error", workflows_error(context)}};
  // Weak: the other fields change with time and with every request, and do not count.
  const std::string tag = "W/\"" + sha256_hex(dump_json(view)).substr(0, 16) + '"';
  if (tag_matches(request.head.header("if-none-match"), tag)) {
    Response unchanged(304);
    unchanged.header("ETag", tag);
    return unchanged;
  }
  view["uptime_s"] = up.count();
  view["time"] = rfc3339(context.clock.wall());
  view["readers"] = counts.subscribers;
  view["queue_depth"] = counts.queue_depth;
  view["log_bytes"] = counts.log_bytes;
  view["log_lines_dropped_total"] = log::dropped_lines();
  view["memory"] = memory_view(*context.memory);
  view["connections"] = connections_view(context.server_stats());
  Response response = json_response(200, view);
  response.header("ETag", tag);
  return response;
}

// For a person who opens the address of the server in a browser, and for load balancers that check the path `/`.
HandlerResult get_index(const HandlerContext&, const Request&, std::string_view) {
  Json links = Json::object();
  for (const auto path : {api::tasks, api::conversations, api::standings, api::workflows, api::councils, api::models,
                          api::server_status, api::livez, api::readyz}) {
    links[std::string(path)] = std::string("GET ").append(path);
  }
  return json_response(200, Json{{"name", "plenum"},
                                 {"version", program_version()},
                                 {"submit", std::string("POST ").append(api::task)},
                                 {"documentation", "docs/protocol.md"},
                                 {"routes", std::move(links)}});
}

HandlerResult get_livez(const HandlerContext&, const Request&, std::string_view) {
  return json_response(200, Json{{"status", "alive"}});
}

HandlerResult get_readyz(const HandlerContext& context, const Request&, std::string_view) {
  if (context.tasks.draining()) {
    return problem(Error{ErrorCode::draining, "The server is shutting down."});
  }
  const core::EventStore* store = context.tasks.streams().store();
  if (store != nullptr) {
    const core::StoreState state = store->state();
    if (!state.writable) return problem(*state.error, {.status = 503});
  }
  return json_response(200, Json{{"status", "ready"}, {"store", core::store_name(store)}});
}

}  // namespace plenum::http
