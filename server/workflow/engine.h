// Turns a task into what a run needs: finds the workflow and gives each role its member.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "common/task_spec.h"
#include "server/core/provider.h"
#include "server/workflow/assignment.h"
#include "server/workflow/catalogue.h"
#include "server/workflow/history.h"
#include "server/workflow/member_names.h"

namespace plenum::workflow {

// Const after construction: any thread.
class Engine {
 public:
  // The directory must outlive the engine.
  Engine(std::shared_ptr<const Catalogue> catalogue, const core::ProviderDirectory& providers, Personas personas = {});

  // Everything the run needs, or every fault of the request: an unknown workflow, member or option, or
  // no member left that has a key. Members without a key, and those for whom the workflow has no role,
  // are left out and listed. Without members in the task: the providers that have a key and a default
  // model, in the order of the directory, at most as many as the workflow has roles. With fewer
  // members than roles they go round.
  std::variant<Assignment, std::vector<Fault>> assign(const TaskSpec& spec) const;

  // See recorded_answer.h; empty when keeping the answer would save nothing.
  std::string cache_key(const Assignment& assignment, const TaskSpec& spec) const;

  const Catalogue& catalogue() const { return *catalogue_; }

 private:
  const std::shared_ptr<const Catalogue> catalogue_;                              // set once
  const core::ProviderDirectory& providers_;                                      // set once
  const Personas personas_;                                                       // set once
  const std::shared_ptr<CallHistory> history_ = std::make_shared<CallHistory>();  // any thread
};

}  // namespace plenum::workflow
