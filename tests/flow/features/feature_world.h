// A server with one OpenAI-compatible upstream whose models answer every kind of step, for the tests of one feature
// each. scripts/features prints them as a table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

inline constexpr std::string_view three_members = R"("members":["bench/m1","bench/m2","bench/m3"])";

struct FeatureWorld : World {
  explicit FeatureWorld(Settings settings = {}, const std::string& more_tables = {})
      : World(std::move(settings), more_tables) {}

  // Rankings, votes and reviews in the required form, and `the answer of <model>` for everything else. Call it after
  // the rules of the test: earlier rules precede.
  void script_steps();
  // Runs the task to its end and returns the terminal event.
  Json run(std::string_view workflow, std::string_view fields = three_members, std::string_view task = "Which one?");
  // The prompts that contain the text.
  std::vector<std::string> prompts_with(std::string_view text) const;
  // The terminal client against this server.
  Finished plenum(std::vector<std::string> args) const;
};

}  // namespace plenum::tests
