// Plans a task: selects the workflow and assigns a member to each role.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "common/protocol/council.h"
#include "common/protocol/task_request.h"
#include "server/core/provider.h"
#include "server/workflow/catalog/current_catalog.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/planning/member_resolver.h"

namespace plenum::workflow {

struct PlannerOptions {
  Personas personas{};
  std::string default_workflow = "consensus";  // of tasks that name none; may be `auto`
  std::vector<Council> councils{};
};

// A task with the settings of its council, and its assignment.
struct PlannedTask {
  TaskSpec spec;
  Assignment assignment;
};

// Any thread. The catalog may be replaced at any time; a planned task keeps its workflow.
class TaskPlanner {
 public:
  // catalog and providers must outlive the planner.
  TaskPlanner(const CurrentCatalog& catalog, const core::ProviderDirectory& providers, PlannerOptions options = {});

  // A new task: resolves its council, then assigns it; or all errors of the request.
  std::variant<PlannedTask, std::vector<ValidationError>> plan(const TaskSpec& spec) const;
  // The workflow `auto` is `single` for one member and `synthesize` for several.
  // The assignment, or all errors of the request: an unknown workflow, member or option, or no member with a
  // key. Members without a key and members without a role are listed as skipped. If the task names no
  // members: the providers with a key and a default model, in the order of the directory, at most as many as
  // the workflow has roles; without any, the models of the offline provider. Fewer members than roles are assigned
  // round-robin.
  //   recorded    the workflow that the task started with; replaces the catalog's
  //   by_default  ids of members whose model was chosen by the server when the task started
  // May wait for the lists of models that are requested at startup: see core::ModelLists::settle().
  std::variant<Assignment, std::vector<ValidationError>> assign(const TaskSpec& spec,
                                                                std::shared_ptr<const Workflow> recorded = nullptr,
                                                                const std::vector<std::string>& by_default = {}) const;

  // See cache_key.h; empty if caching the answer would save nothing.
  CacheKeys cache_keys(const Assignment& assignment, const TaskSpec& spec) const;

  const CurrentCatalog& catalog() const { return catalog_; }
  const std::string& default_workflow() const { return options_.default_workflow; }
  const std::vector<Council>& councils() const { return options_.councils; }  // of the configuration
  // Where the estimates come from; runs add their samples.
  CallStatistics& statistics() const { return *statistics_; }

 private:
  const CurrentCatalog& catalog_;                                                          // set once; any thread
  const core::ProviderDirectory& providers_;                                               // set once
  const PlannerOptions options_;                                                           // set once
  const std::shared_ptr<CallStatistics> statistics_ = std::make_shared<CallStatistics>();  // any thread
};

}  // namespace plenum::workflow
