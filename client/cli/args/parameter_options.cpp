#include "client/cli/args/parameter_options.h"

#include <fmt/format.h>

#include "client/cli/args/validators.h"

namespace plenum::client {
namespace {

std::string check_effort(const std::string& text) {
  return is_reasoning_effort(text) ? "" : fmt::format("'{}' must be {}", text, reasoning_efforts());
}

std::string check_format(const std::string& text) {
  return text == "text" || text == "json" ? "" : fmt::format("'{}' must be text or json", text);
}

}  // namespace

void add_parameter_options(CLI::App& run, ParameterOptions& options) {
  ModelParameters& parameters = options.parameters;
  run.add_option("--temperature", parameters.temperature, "Sampling temperature of all calls, 0 to 2")
      ->type_name("NUMBER")
      ->check(CLI::Range(0.0, 2.0));
  run.add_option("--top-p", parameters.top_p, "Nucleus sampling of all calls, above 0 and up to 1")
      ->type_name("NUMBER")
      ->check(CLI::Range(1e-9, 1.0));
  run.add_option("--max-tokens", parameters.max_tokens, "Maximum number of tokens of each call, reasoning included")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 10'000'000));
  run.add_option("--seed", parameters.seed, "Seed of all calls")->type_name("NUMBER")->check(CLI::NonNegativeNumber);
  run.add_option("--stop", options.stop, "Text at which a model stops; up to 4")
      ->type_name("TEXT")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  run.add_option("--reasoning-effort", parameters.reasoning_effort, "Reasoning effort, such as low or high")
      ->type_name("EFFORT")
      ->check(checked_by(check_effort));
  run.add_option("--response-format", options.response_format, "Format of the answers: text or json")
      ->type_name("FORMAT")
      ->check(checked_by(check_format));
}

ModelParameters parameters_from(const ParameterOptions& options) {
  ModelParameters parameters = options.parameters;
  if (!options.stop.empty()) parameters.stop = options.stop;
  if (!options.response_format.empty()) {
    parameters.response_format = ResponseFormat{
        options.response_format == "json" ? ResponseFormat::Kind::json_object : ResponseFormat::Kind::text, {}, {}};
  }
  return parameters;
}

}  // namespace plenum::client
