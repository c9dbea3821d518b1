// A workflow as data: what its file says, checked and unrolled (docs/workflows.md). Set once at load,
// then shared by all threads; a running task keeps the version with which it started.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace plenum::workflow {

// What a later step may ask of a step's output besides its text.
enum class OutputForm : std::uint8_t {
  text,           // as it came
  largest_fence,  // the largest fenced block, or the whole text when there is none
  review,         // JSON {issues_found, …}; a text that cannot be read so is searched for words instead
};

// What happens to the run when the step fails.
enum class OnError : std::uint8_t {
  fail,     // the run ends with task_error, what there is goes into its result
  degrade,  // the run goes on without the step's output; the result is degraded
};

// An output that the step's prompts may show.
struct Need {
  std::string binding;
  int step = 0;  // the last earlier step that binds it; see Plan::latest for the one that really did
};

// A step runs only if this holds of an earlier review; otherwise it leaves the plan.
struct Condition {
  int step = 0;              // the last earlier step that binds the review
  bool issues_found = true;  // what the review must say
};

struct Step {
  std::string id;     // unique in the workflow, e.g. `refine-2`
  std::string agent;  // e.g. Refiner
  std::string stage;  // e.g. refinement
  std::string description;
  int role = 0;       // index into Workflow::roles
  std::string binds;  // name under which templates find the output; a later step may bind it anew
  OutputForm form = OutputForm::text;
  std::vector<Need> needs;
  std::optional<Condition> when;
  std::optional<int> rebinds;   // the step before this one that binds the same name
  std::vector<int> after;       // every earlier step that must be over: needs, when, rebinds; no repeats
  std::optional<int> group;     // number of the group of rounds it belongs to
  int round = 0;                // from 1 inside such a group, 0 outside
  std::string system_template;  // Mustache, no escaping; may be empty
  std::string user_template;
  std::optional<double> temperature;
  std::optional<int> max_tokens;
  std::chrono::milliseconds timeout{180'000};
  OnError on_error = OnError::fail;
};

struct Workflow {
  std::string name;
  std::string description;
  std::vector<std::string> roles;    // who takes part; a task's members fill them in this order
  std::optional<int> chairman_role;  // the role that the task's `chairman` takes over
  std::vector<Step> steps;           // in an order in which every step stands behind what it needs
  int groups = 0;                    // of rounds
  int rounds_max = 0;                // of the longest group: the upper bound of the task option `rounds`
  std::string answer_template;       // the answer, from everything that was bound
  std::vector<Need> answer_needs;
  std::optional<Need> review;  // the output that goes into the result as its review
  std::chrono::milliseconds deadline{900'000};
  std::string origin;  // where it was read: `built-in …` or a path
};

}  // namespace plenum::workflow
