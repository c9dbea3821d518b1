// Routes that tell about the server itself.
#include <nlohmann/json.hpp>

#include "server/http/query.h"
#include "server/http/routes.h"

namespace plenum::http {
namespace {

// These routes have no parameters, so one that is given is a mistake worth saying.
std::optional<Reply> refuses_query(const Request& request) {
  const auto query = Query::parse(request.head.query, {});
  if (query) return {};
  return problem(query.error());
}

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

// What is wrong with the files as they are now, while earlier ones are in use; null: nothing.
Json workflows_error(const House& house) {
  const auto fault = house.tasks.engine().catalogue_fault();
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
  if (store == nullptr) return Json{{"name", "memory"}};
  const core::StoreState state = store->state();
  return Json{{"name", store->name()},
              {"writable", state.writable},
              {"error", state.error ? to_json(error_info(*state.error)) : Json(nullptr)}};
}

Json connections_view(const FrontDoorCounts& counts) {
  Json refused = Json::object();
  for (const auto& [name, count] : counts.refused) refused[name] = count;
  return Json{{"open", counts.open},
              {"accepted_total", counts.accepted},
              {"requests_total", counts.requests},
              {"accept_errors_total", counts.accept_errors},
              {"refused_total", std::move(refused)}};
}

Json limit(int value) { return value > 0 ? Json(value) : Json(nullptr); }

Json prices_view(const core::ProviderInfo& provider) {
  Json prices = Json::object();
  for (const auto& price : provider.prices) {
    Json row{{"input", price.input}, {"output", price.output}};
    row["cached_input"] = price.cached_input.value_or(price.input);
    row["cache_write"] = price.cache_write.value_or(price.input);
    prices[price.model] = std::move(row);
  }
  return prices;
}

}  // namespace

Outcome get_workflows(const House& house, const Request& request, std::string_view) {
  if (auto refusal = refuses_query(request)) return *refusal;
  Json list = Json::array();
  for (const auto& workflow : house.tasks.engine().catalogue()->all()) list.push_back(workflow_view(*workflow));
  return json_reply(200, Json{{"workflows", std::move(list)}, {"workflows_error", workflows_error(house)}});
}

Outcome get_workflow(const House& house, const Request& request, std::string_view name) {
  if (auto refusal = refuses_query(request)) return *refusal;
  const auto workflow = house.tasks.engine().catalogue()->find(name);
  if (!workflow) {
    return problem(Error{ErrorCode::not_found, "There is no workflow of this name.", "GET /api/workflows lists them."});
  }
  Json view = workflow_view(*workflow);
  view["source"] = *workflow->source;
  return json_reply(200, view);
}

Outcome get_models(const House& house, const Request& request, std::string_view) {
  if (auto refusal = refuses_query(request)) return *refusal;
  Json list = Json::array();
  for (const auto& provider : house.providers.all()) {
    Json row{{"name", provider.name}, {"kind", provider.kind}, {"base_url", provider.base_url}};
    // The variable's name helps to set the key; its value is nowhere in this process but in the adapter.
    row["key_env"] = provider.key_env.empty() ? Json(nullptr) : Json(provider.key_env);
    row["key_present"] = provider.key_present;
    row["searches"] = provider.searches;
    row["default_model"] = provider.default_model.empty() ? Json(nullptr) : Json(provider.default_model);
    row["models"] = provider.models;
    row["fallback"] = provider.fallback;
    row["limits"] = Json{{"parallel_max", limit(provider.parallel_max)},
                         {"requests_per_minute", limit(provider.requests_per_minute)}};
    if (!provider.prices.empty()) row["prices_usd_per_million_tokens"] = prices_view(provider);
    const auto now = house.monitor.status(provider.name, house.clock.steady());
    row["state"] = Json{{"breaker", now.breaker}, {"in_flight", now.in_flight}, {"waiting", now.waiting}};
    if (now.asked_again_in.count() > 0) row["state"]["retry_after_ms"] = now.asked_again_in.count();
    list.push_back(std::move(row));
  }
  return json_reply(200, Json{{"providers", std::move(list)}});
}

Outcome get_server_status(const House& house, const Request& request, std::string_view) {
  if (auto refusal = refuses_query(request)) return *refusal;
  const auto counts = house.tasks.streams().counts();
  const auto up = std::chrono::duration_cast<seconds>(house.clock.steady() - house.started);
  return json_reply(200, Json{{"status", house.tasks.draining() ? "draining" : "ok"},
                              {"version", PLENUM_VERSION},
                              {"uptime_s", up.count()},
                              {"time", rfc3339(house.clock.wall())},
                              {"streams", streams_view(counts)},
                              {"readers", counts.readers},
                              {"queue_depth", counts.queue_depth},
                              {"log_bytes", counts.log_bytes},
                              {"store", store_view(house.tasks.streams().store())},
                              {"connections", connections_view(house.door_counts())},
                              {"workflows_error", workflows_error(house)}});
}

Outcome get_livez(const House&, const Request& request, std::string_view) {
  if (auto refusal = refuses_query(request)) return *refusal;
  return json_reply(200, Json{{"status", "alive"}});
}

Outcome get_readyz(const House& house, const Request& request, std::string_view) {
  if (auto refusal = refuses_query(request)) return *refusal;
  if (house.tasks.draining()) {
    return problem(Error{ErrorCode::draining, "The server is going away and takes no new tasks."});
  }
  const core::EventStore* store = house.tasks.streams().store();
  if (store != nullptr) {
    const core::StoreState state = store->state();
    if (!state.writable) return problem(*state.error, {.status = 503});
  }
  return json_reply(200, Json{{"status", "ready"}, {"store", store == nullptr ? "memory" : store->name()}});
}

}  // namespace plenum::http
