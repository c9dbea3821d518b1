#include "client/cli/args/parameter_options.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/cli/args/validators.h"
#include "common/protocol/task_request.h"

namespace plenum::client {
namespace {

std::string check_effort(const std::string& text) {
  return is_reasoning_effort(text) ? "" : fmt::format("'{}' must be {}", text, reasoning_efforts());
}

// {"steps": {"ranking": {"temperature": 0}}} from step.ranking.temperature=0. The name in the middle may contain dots:
// those of models do. A value that is valid JSON is used as JSON.
Json object_from(const std::string& argument) {
  const auto equals = argument.find('=');
  const std::string path = argument.substr(0, equals), value = argument.substr(equals + 1);
  Result<Json> json = parse_json(value);
  const auto last = path.rfind('.');
  const Json parameter = {{path.substr(last == path.npos ? 0 : last + 1), json ? *std::move(json) : Json(value)}};
  if (last == path.npos) return parameter;
  const auto first = path.find('.');
  const std::string name = first < last ? path.substr(first + 1, last - first - 1) : "";
  return {{path.substr(0, first) + "s", {{name, parameter}}}};
}

// As the server parses them.
TaskRequest parsed(const Json& parameters) {
  return parse_task_request(dump_json(Json{{"task", "-"}, {"parameters", parameters}}));
}

std::string check_parameter(const std::string& text) {
  const auto equals = text.find('=');
  const std::string path = text.substr(0, equals);
  const auto first = path.find('.'), last = path.rfind('.');
  const std::string scope = path.substr(0, first);
  const bool is_scope =
      first == path.npos || (last > first + 1 && (scope == "member" || scope == "role" || scope == "step"));
  if (equals == text.npos || !is_scope) {
    return fmt::format(
        "'{}' must have the form PARAMETER=VALUE or SCOPE.NAME.PARAMETER=VALUE; a scope is member, role or step", text);
  }
  const TaskRequest request = parsed(object_from(text));
  return request.faults.empty() ? "" : fmt::format("'{}': {}", text, request.faults.front().detail);
}

}  // namespace

void add_parameter_options(CLI::App& run, ParameterOptions& options) {
  ModelParameters& parameters = options.parameters;
  run.add_option("--temperature", parameters.temperature, "Sampling temperature of all calls, 0 to 2")
      ->type_name("NUMBER")
      ->check(number_in(0, 2, "a number from 0 to 2"));
  run.add_option("--top-p", parameters.top_p, "Nucleus sampling of all calls, above 0 and up to 1")
      ->type_name("NUMBER")
      ->check(number_in(1e-9, 1, "a number above 0 and up to 1"));
  run.add_option("--max-tokens", parameters.max_tokens, "Maximum number of tokens of each call, reasoning included")
      ->type_name("NUMBER")
      ->check(whole_number_in(1, 10'000'000));
  run.add_option("--seed", parameters.seed, "Seed of all calls")
      ->type_name("NUMBER")
      ->check(whole_number_in(0, 1'000'000'000'000'000'000));
  run.add_option("--stop", options.stop, "Text at which a model stops; up to 4")
      ->type_name("TEXT")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  run.add_option("--reasoning-effort", parameters.reasoning_effort, "Reasoning effort, such as low or high")
      ->type_name("EFFORT")
      ->check(checked_by(check_effort));
  run.add_option("--parameter", options.named,
                 "Parameter of the calls of one member, role or step, such as step.ranking.temperature=0; repeatable")
      ->type_name("[SCOPE.NAME.]PARAMETER=VALUE")
      ->check(checked_by(check_parameter))
      ->allow_extra_args(false);
}

TaskParameters parameters_from(const ParameterOptions& options) {
  Json named = Json::object();
  for (const std::string& argument : options.named) named.merge_patch(object_from(argument));
  TaskParameters parameters;
  if (TaskRequest request = parsed(named); request.spec) parameters = std::move(request.spec->parameters);
  ModelParameters common = options.parameters;
  if (!options.stop.empty()) common.stop = options.stop;
  parameters.common = overlay(std::move(parameters.common), common);
  return parameters;
}

}  // namespace plenum::client
