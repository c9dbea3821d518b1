// A workflow file as it was written: TOML turned into plain values that remember where they stood, so
// that whoever checks them further can name the line. The only door to toml++ in this room.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/workflow/definition/diagnostics.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

template <class T>
struct Placed {
  T value{};
  Place place;
};

struct WrittenCondition {
  Placed<std::string> binding;
  bool issues_found = true;
};

struct WrittenStep {
  Place place;
  Placed<std::string> id, role, binds, system, prompt;
  std::vector<Placed<std::string>> needs, uses;
  std::optional<Placed<std::string>> each;  // `members`, or the list whose members it is
  std::optional<Placed<std::string>> except;
  std::optional<WrittenCondition> when;
  Step step;              // what needs no further check: agent, stage, form, limits
  bool has_names = true;  // false: a name in it could not be read, so nothing is known of what it refers to
};

// One `[[steps]]` table: a step, or a group of rounds.
struct WrittenEntry {
  Place place;
  int rounds = 0;  // 0: `steps` holds the one step
  int usual = 0;   // of these rounds
  std::optional<WrittenCondition> repeat_while;
  std::vector<WrittenStep> steps;
};

struct WrittenWorkflow {
  Placed<std::string> name;
  std::string description;
  std::vector<Placed<std::string>> roles;
  std::optional<Placed<std::string>> chairman, review, synthesis;
  Placed<std::string> answer;
  std::chrono::milliseconds deadline{900'000};
  int members_min = 1;
  std::vector<WrittenEntry> entries;
};

// One key that a file may hold; docs/workflows.md describes each.
struct KeyRow {
  std::string_view table;  // `file`, `step` or `rounds`
  std::string_view key;
  bool required;
};
std::span<const KeyRow> workflow_keys();

// What could be read, and what is wrong: bad syntax, unknown or missing keys, wrong types, values out of
// bounds. Nothing at all when the syntax is bad. Any thread.
std::optional<WrittenWorkflow> read_workflow_file(std::string_view text, Diagnostics& faults);

}  // namespace plenum::workflow
