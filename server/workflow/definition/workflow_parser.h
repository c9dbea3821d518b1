// Parses a workflow file: TOML into plain values with their positions, so that the compiler can report lines.
// Only this file's source and table_reader include toml++. Any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/workflow/definition/diagnostics.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

struct ParsedCondition {
  Located<std::string> output;
  bool issues_found = true;
  bool late = false;  // `output` is a list, and the condition is that it has late items
};

struct ParsedStep {
  Position position;
  Located<std::string> id, role, output, system, prompt;
  std::vector<Located<std::string>> inputs, optional_inputs;
  std::optional<Located<std::string>> each;  // `members`, or the name of a list
  std::vector<Located<std::string>> except, judges;
  std::optional<ParsedCondition> when;
  Step step;              // values that need no further check: agent, stage, kind, limits
  bool has_names = true;  // false: a name is invalid, so its references cannot be checked
};

// One `[[steps]]` table: a step, or a group of rounds.
struct ParsedEntry {
  Position position;
  int rounds = 0;          // 0: `steps` holds a single step
  int default_rounds = 0;  // number of rounds without the task option
  std::optional<double> default_converge;
  std::optional<ParsedCondition> repeat_while;
  std::vector<ParsedStep> steps;
};

struct ParsedWorkflow {
  Located<std::string> name;
  std::string description;
  std::vector<Located<std::string>> roles;
  std::optional<Located<std::string>> chairman, review, synthesis;
  Located<std::string> answer;
  std::chrono::milliseconds deadline{900'000};
  int members_min = 1;
  std::vector<std::pair<Located<std::string>, int>> readiness;  // stage, and minimum number of members
  ModelParameters parameters;
  std::vector<std::pair<Located<std::string>, ModelParameters>> of_roles;
  std::vector<Council> councils;
  std::vector<ParsedEntry> entries;
};

// A key of the file format; docs/workflows.md describes each.
struct KeyRow {
  std::string_view table;  // `file`, `step` or `rounds`
  std::string_view key;
  bool required;
};
std::span<const KeyRow> workflow_keys();

// Parses the text and adds its errors to `diagnostics`: syntax, unknown or missing keys, wrong types, values out of
// bounds. Returns nothing if the syntax is invalid.
std::optional<ParsedWorkflow> parse_workflow_file(std::string_view text, Diagnostics& diagnostics);

}  // namespace plenum::workflow
