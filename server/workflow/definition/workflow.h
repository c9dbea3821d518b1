// A workflow as data: the contents of its file, checked, with rounds unrolled (docs/workflows.md). Set once at
// load, then shared by all threads; a running task keeps the version that it started with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/council.h"
#include "common/protocol/model_parameters.h"
#include "server/core/chat.h"
#include "server/workflow/kinds/step_kind.h"

namespace plenum::workflow {

// Position of a step in Workflow::steps.
using StepIndex = std::size_t;

class Template;
// Shared by all steps that are generated from one step of the file.
using SharedTemplate = std::shared_ptr<const Template>;

// The effect of a failed step on the run.
enum class OnError : std::uint8_t {
  fail,     // the run ends with task_error and a partial result
  degrade,  // the run continues without the step's output; the result is degraded
};

// An output of an earlier step that the templates of a step may use.
struct StepInput {
  std::string output;
  StepIndex step = 0;     // the last earlier step with this output; see StepScheduler::latest for the one that ran
  bool list = false;      // one item of a list of member outputs; see member_expansion.h
  bool optional = false;  // waited for, but the step runs without it if it fails
};

// By which members a step is run.
enum class Each : std::uint8_t {
  no,        // by the member of its role
  member,    // by every member, one chunk each
  survivor,  // by every member with an item in the list `each_of`: a failed member stays excluded
};

// When a step with a list input starts.
enum class StartPolicy : std::uint8_t {
  all,     // when every item is available or has failed
  quorum,  // as soon as `quorum` items are available; later ones are not waited for
  // As soon as `quorum` items are available and at most one is still missing.
  all_but_one,
};

// What happens to items that become available after a ranking has started without them.
enum class LatePolicy : std::uint8_t {
  rank,  // they are waited for, and every reviewer that ranked without them ranks once more
  drop,  // they are not waited for: the members that produce them are skipped when the ranking starts
  wait,  // no step starts before all items are available
};

// Whether a task requests a web search; each value includes the ones before it.
enum class SearchMode : std::uint8_t {
  none,
  search,   // in parallel with the first answers, for later steps
  requery,  // the members are called again with the results
};

// A step runs only if an earlier review has this verdict; otherwise it is dropped.
struct Condition {
  StepIndex step = 0;        // the last earlier step with this review
  bool issues_found = true;  // the required verdict
};

struct Step {
  std::string id;       // unique in the workflow, e.g. `refine-2`
  std::string base_id;  // as in the file, e.g. `refine`
  std::string agent;    // e.g. Refiner
  std::string stage;    // e.g. refinement
  std::string description;
  int role = 0;                                 // index into Workflow::roles; -1 for a search, which has no role
  std::string output;                           // template variable of the output; a later step may replace it
  const StepKind* kind = step_kinds().front();  // a row of the table; never null
  Each each = Each::no;
  // The members in these roles do not run the step; the last ones do after all if no other member is left.
  std::vector<int> except_roles;
  std::optional<StepIndex> each_of;  // survivor: the last earlier step with the list as output
  std::optional<StepIndex> own;      // after expansion of `survivor`: the step of this member that must have succeeded
  int quorum = 1;                    // minimum number of items in each list input, else the step is dropped
  StartPolicy start = StartPolicy::all;
  // The name of a list input: the step runs only if the list has an item that the step which it supersedes has not
  // shown. Without an output of its own, that of the superseded step remains. Empty: it always runs.
  std::string late_of;
  bool drops_late = false;  // when it has started, nothing is waited for that it started without
  bool disabled = false;    // dropped from the beginning: the task does not need it
  std::vector<StepInput> inputs;
  // Inputs whose authors the step judges. A single text is judged by another member if there is one.
  std::vector<std::string> judges;
  std::optional<Condition> when;
  SearchMode enabled_by = SearchMode::none;  // the step is dropped unless the task requests at least this
  bool on_request = false;                   // verdict: the step is dropped unless the task requests it
  std::optional<StepIndex> supersedes;       // the previous step with the same output
  std::vector<StepIndex> after;    // all steps that must have ended before: inputs, when, supersedes; distinct
  std::optional<int> group;        // index of its group of rounds
  int round = 0;                   // 1, 2, … inside a group, 0 outside
  SharedTemplate system_template;  // null: none
  SharedTemplate user_template;
  ModelParameters parameters;
  std::chrono::milliseconds timeout{180'000};
  core::ChatDeadlines deadlines;  // per attempt; zero: the provider's default
  bool fallback_members = false;  // if its member fails, the other members are its fallbacks, in order
  OnError on_error = OnError::fail;
};

// Whether the task runs a verdict step; true for all others.
//   verdict  the task option
inline bool is_requested(const Step& step, std::optional<bool> verdict) {
  return !step.kind->is_verdict || verdict.value_or(!step.on_request);
}

// A stage that must succeed before the result of a workflow is ready.
struct ReadinessPhase {
  std::string stage;
  int members_min = 1;  // that complete a step of the stage
};

// The name with which a task lets the server choose: `single` for one member, else `synthesize`.
inline constexpr std::string_view automatic_workflow = "auto";
inline constexpr std::string_view automatic_choice(std::size_t members) {
  return members > 1 ? "synthesize" : "single";
}

struct Workflow {
  std::string name;
  std::string description;
  std::vector<std::string> roles;          // filled with the task's members in this order
  std::optional<int> chairman_role;        // the role that the task's `chairman` fills
  std::vector<Step> steps;                 // every step comes after its inputs
  int groups = 0;                          // of rounds
  int rounds_default = 0;                  // number of rounds without the option `rounds`; at most rounds_max
  int rounds_max = 0;                      // rounds of the longest group: the maximum of the task option `rounds`
  std::optional<double> converge_default;  // the task option `converge` without a value
  ModelParameters parameters;              // of all steps
  std::map<std::string, ModelParameters, std::less<>> of_roles;  // of the steps of a role
  std::vector<Council> councils;                                 // for tasks of this workflow, by name
  SharedTemplate answer_template;                                // the final answer, from all outputs
  std::vector<StepInput> answer_inputs;
  std::optional<StepInput> review;        // the output that becomes `review` of the result
  std::optional<StepInput> synthesis;     // the output that becomes `synthesis` of the result
  std::vector<ReadinessPhase> readiness;  // in the order of the file; empty: the result has no readiness
  int members_min = 1;                    // minimum number of members of a task
  bool per_member = false;                // some step runs once for every member
  std::chrono::milliseconds deadline{900'000};
  std::string origin;                         // `built-in …` or the path of the file
  std::string version;                        // prefix of the SHA-256 of the file, in hex
  std::shared_ptr<const std::string> source;  // the text of the file
};

// Whether the step outputs the synthesis of the workflow.
bool is_synthesis(const Step& step, const Workflow& workflow);
// The kind of the step in events: generate, rank, vote, review, query, search or merge.
std::string_view event_kind_of(const Step& step, const Workflow& workflow);

}  // namespace plenum::workflow
