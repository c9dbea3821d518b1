// A workflow as data: what its file says, checked and unrolled (docs/workflows.md). Set once at load,
// then shared by all threads; a running task keeps the version with which it started.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/chat.h"
#include "server/workflow/kinds/step_kind.h"

namespace plenum::workflow {

// Position of a step in Workflow::steps.
using StepIndex = std::size_t;

class Template;
// Shared by all steps that are made from one in the file.
using SharedTemplate = std::shared_ptr<const Template>;

// What happens to the run when the step fails.
enum class OnError : std::uint8_t {
  fail,     // the run ends with task_error, what there is goes into its result
  degrade,  // the run goes on without the step's output; the result is degraded
};

// An output that the step's prompts may show.
struct Need {
  std::string binding;
  StepIndex step = 0;     // the last earlier step that binds it; StepScheduler::latest returns the one that did
  bool list = false;      // one of several members' outputs under this name; see expand.h
  bool optional = false;  // waited for and shown if it is there, but no reason to drop the step
};

// Who runs a step.
enum class Each : std::uint8_t {
  no,        // its role
  member,    // every member, a chunk for each
  survivor,  // every member whose output is in the list `each_of`: who failed once is out for good
};

// When a step that needs a list of outputs starts.
enum class StartPolicy : std::uint8_t {
  all,     // when everybody's is there or has failed
  quorum,  // as soon as `quorum` of them are there; what comes later is not waited for
};

// Whether a task wants the web to be searched; further words want what those before them want.
enum class SearchMode : std::uint8_t {
  none,
  search,   // beside the first answers, for the later steps
  requery,  // and the members are asked again with what was found
};

// A step runs only if this holds of an earlier review; otherwise it leaves the plan.
struct Condition {
  StepIndex step = 0;        // the last earlier step that binds the review
  bool issues_found = true;  // what the review must say
};

struct Step {
  std::string id;     // unique in the workflow, e.g. `refine-2`
  std::string agent;  // e.g. Refiner
  std::string stage;  // e.g. refinement
  std::string description;
  int role = 0;       // index into Workflow::roles; -1: a search, which has none
  std::string binds;  // name under which templates find the output; a later step may bind it anew
  const StepKind* kind = step_kinds().front();  // a row of the table; never null
  Each each = Each::no;
  std::optional<int> except_role;    // whoever in fact filled this role does not run the step as a member
  std::optional<StepIndex> each_of;  // survivor: the last earlier step that binds the list
  std::optional<StepIndex> own;      // of one member's part of such a step: the step whose output it must have
  int quorum = 1;                    // outputs that each list it needs must have, else it is dropped; see Plan
  StartPolicy start = StartPolicy::all;
  std::vector<Need> needs;
  std::optional<Condition> when;
  SearchMode only = SearchMode::none;  // the step leaves the plan unless the task wants as much
  std::optional<StepIndex> rebinds;    // the step before this one that binds the same name
  std::vector<StepIndex> after;        // every earlier step that must be over: needs, when, rebinds; no repeats
  std::optional<int> group;            // number of the group of rounds it belongs to
  int round = 0;                       // from 1 inside such a group, 0 outside
  SharedTemplate system_template;      // null: none
  SharedTemplate user_template;
  std::optional<double> temperature;
  std::optional<int> max_tokens;
  std::chrono::milliseconds timeout{180'000};
  core::ChatDeadlines deadlines;  // of every attempt; zero: the provider's own
  bool fallback_members = false;  // when its member fails, the task's other members take over in their order
  OnError on_error = OnError::fail;
};

struct Workflow {
  std::string name;
  std::string description;
  std::vector<std::string> roles;    // who takes part; a task's members fill them in this order
  std::optional<int> chairman_role;  // the role that the task's `chairman` takes over
  std::vector<Step> steps;           // in an order in which every step stands behind what it needs
  int groups = 0;                    // of rounds
  int rounds_usual = 0;              // without that option; at most rounds_max
  int rounds_max = 0;                // of the longest group: the upper bound of the task option `rounds`
  SharedTemplate answer_template;    // the answer, from everything that was bound
  std::vector<Need> answer_needs;
  std::optional<Need> review;     // the output that goes into the result as its review
  std::optional<Need> synthesis;  // the output that goes into the result as its synthesis
  int members_min = 1;            // members that a task must have
  bool per_member = false;        // some step runs once for every member
  std::chrono::milliseconds deadline{900'000};
  std::string origin;                         // where it was read: `built-in …` or a path
  std::string version;                        // of the file's bytes: the beginning of their SHA-256, in hex
  std::shared_ptr<const std::string> source;  // the file as it was read
};

// Whether the step binds the synthesis of the workflow.
bool is_synthesis(const Step& step, const Workflow& workflow);
// What the step does, as events name it: generate, rank, vote, review, merge.
std::string_view kind_of(const Step& step, const Workflow& workflow);

}  // namespace plenum::workflow
