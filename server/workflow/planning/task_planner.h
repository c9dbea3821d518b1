// Turns a task into what a run needs: finds the workflow and gives each role its member.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/core/provider.h"
#include "server/runtime/guarded.h"
#include "server/workflow/catalog/catalog.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/planning/member_resolver.h"

namespace plenum::workflow {

// Any thread. The catalog may be replaced at any time: a task that was assigned keeps the workflow that
// it was assigned with.
class TaskPlanner {
 public:
  // The directory must outlive the engine.
  TaskPlanner(std::shared_ptr<const Catalog> catalog, const core::ProviderDirectory& providers, Personas personas = {});

  // Everything the run needs, or every fault of the request: an unknown workflow, member or option, or
  // no member left that has a key. Members without a key, and those for whom the workflow has no role,
  // are left out and listed. Without members in the task: the providers that have a key and a default
  // model, in the order of the directory, at most as many as the workflow has roles. With fewer
  // members than roles they go round.
  // as_it_was: the workflow that the task began with, in place of the catalog's of its name.
  std::variant<Assignment, std::vector<ValidationError>> assign(
      const TaskSpec& spec, std::shared_ptr<const Workflow> as_it_was = nullptr) const;

  // See recorded_answer.h; empty when keeping the answer would save nothing.
  std::string cache_key(const Assignment& assignment, const TaskSpec& spec) const;

  std::shared_ptr<const Catalog> catalog() const;
  // What is wrong with the files as they are now, while an earlier catalog stays in use.
  std::optional<Error> catalogue_fault() const;
  // The catalog for tasks from now on; forgets the fault.
  void use(std::shared_ptr<const Catalog> catalog);
  void note_fault(Error fault);

 private:
  struct Current {
    std::shared_ptr<const Catalog> catalog;
    std::optional<Error> fault;
  };
  runtime::Guarded<Current> current_;
  const core::ProviderDirectory& providers_;                                            // set once
  const Personas personas_;                                                             // set once
  const std::shared_ptr<CallStatistics> history_ = std::make_shared<CallStatistics>();  // any thread
};

}  // namespace plenum::workflow
