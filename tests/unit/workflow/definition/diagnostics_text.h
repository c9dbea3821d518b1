// Builds workflow files in tests and returns the errors of the compiler.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/workflow/definition/workflow_compiler.h"

namespace plenum::tests {

inline const std::string head = R"(name = "w"
description = "d"
roles = ["one"]
answer = "{{a}}"
)";

inline std::string step(std::string_view id, std::string_view rest) {
  return fmt::format("[[steps]]\nid = \"{}\"\nagent = \"A\"\nstage = \"s\"\n{}\n", id, rest);
}

inline std::string step_a(std::string_view rest) { return head + step("a", rest); }

// The error message, or "fine".
inline std::string fault_in(const std::string& text) {
  const auto workflow = workflow::load_workflow(text, "w.toml");
  if (workflow) return "fine";
  CHECK(workflow.error().code == ErrorCode::workflow_invalid);
  CHECK_FALSE(workflow.error().remedy.empty());
  return workflow.error().message;
}

inline std::string remedy_of(const std::string& text) {
  const auto workflow = workflow::load_workflow(text, "w.toml");
  return workflow ? "fine" : workflow.error().remedy;
}

}  // namespace plenum::tests
