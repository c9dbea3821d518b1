// Source: LLM Council, backend/main.py.
#include "server/http/council/council_server.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/version.h"
#include "server/core/default_models.h"

namespace plenum::http {
namespace {

constexpr double tokens_per_price = 1'000'000;

// What a task without members would get; empty without providers.
std::optional<workflow::Assignment> default_council(const HandlerContext& context) {
  TaskSpec spec;
  spec.task = "?";
  spec.workflow = "council";
  auto assigned = context.tasks.planner().assign(spec);
  auto* assignment = std::get_if<workflow::Assignment>(&assigned);
  return assignment != nullptr ? std::optional(std::move(*assignment)) : std::nullopt;
}

bool can_search(const HandlerContext& context) {
  const auto& all = context.providers.all();
  return std::any_of(all.begin(), all.end(),
                     [](const core::ProviderInfo& one) { return one.searches && one.key_present; });
}

Json model_row(const core::ProviderInfo& provider, const std::string& model) {
  Json row{{"id", provider.name + "/" + model}, {"name", model}, {"provider", provider.name}};
  const auto price = provider.prices ? provider.prices->find(model) : std::nullopt;
  if (price && price->context > 0) row["context_length"] = price->context;
  if (price) {
    row["pricing"] =
        Json{{"prompt", price->input / tokens_per_price}, {"completion", price->output / tokens_per_price}};
  }
  return row;
}

}  // namespace

HandlerResult get_council_config(const HandlerContext& context, const Request&, std::string_view) {
  Json models = Json::array();
  std::string chairman;
  if (const auto council = default_council(context)) {
    for (const std::string& member : council->requested) models.push_back(member);
    if (!council->role_members.empty()) chairman = council->members[council->role_members.front()].id;
  }
  return json_response(200, Json{{"web_search_available", can_search(context)},
                                 {"search_provider", ""},
                                 {"council_models", std::move(models)},
                                 {"chairman_model", chairman},
                                 {"curated_models", Json::array()},
                                 {"arena", Json{{"default_rounds", 3}, {"min_rounds", 2}, {"max_rounds", 10}}},
                                 {"auth_enabled", false}});
}

HandlerResult get_council_user(const HandlerContext&, const Request&, std::string_view) {
  return json_response(200, Json{{"authenticated", false}});
}

HandlerResult get_council_version(const HandlerContext&, const Request&, std::string_view) {
  return json_response(200, Json{{"version", program_version()}});
}

HandlerResult get_council_curated(const HandlerContext&, const Request&, std::string_view) {
  return json_response(200, Json{{"curated_models", Json::array()}});
}

HandlerResult get_council_models(const HandlerContext& context, const Request&, std::string_view) {
  Json models = Json::array();
  for (const core::ProviderInfo& provider : context.providers.all()) {
    if (!provider.key_present || provider.searches) continue;
    std::vector<std::string> known = core::default_models(provider, context.providers.lists());
    for (const std::string& model : provider.models) {
      if (std::find(known.begin(), known.end(), model) == known.end()) known.push_back(model);
    }
    for (const std::string& model : known) models.push_back(model_row(provider, model));
  }
  return json_response(200, Json{{"models", std::move(models)}});
}

}  // namespace plenum::http
