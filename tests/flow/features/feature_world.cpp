#include "tests/flow/features/feature_world.h"

#include <nlohmann/json.hpp>

namespace plenum::tests {

void FeatureWorld::script_steps() {
  script_rankings(upstream, "ABC");
  upstream.on({.prompt_has = "VOTE: <letter>"}, whole_answer("It is simpler.\n\nVOTE: A"));
  for (const std::string model : {"m1", "m2", "m3", "chair"}) {
    upstream.on({.model = model}, whole_answer("the answer of " + model));
  }
}

Json FeatureWorld::run(std::string_view workflow, std::string_view fields, std::string_view task) {
  return whole_stream(submit(workflow, task, fields)).back().json();
}

std::vector<std::string> FeatureWorld::prompts_with(std::string_view text) const {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < upstream.request_count(); ++i) {
    std::string prompt = upstream.request(i).prompt();
    if (prompt.find(text) != std::string::npos) found.push_back(std::move(prompt));
  }
  return found;
}

Finished FeatureWorld::plenum(std::vector<std::string> args) const {
  return run_to_end(plenum_command(server.url(), std::move(args)), seconds(60));
}

}  // namespace plenum::tests
