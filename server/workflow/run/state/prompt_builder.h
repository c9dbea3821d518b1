// Builds the request of a step from the outputs of earlier steps, and the answer of the workflow.
// Pure; const after construction.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/core/chat.h"
#include "server/workflow/definition/template.h"
#include "server/workflow/run/state/step_outputs.h"

namespace plenum::workflow {

struct Prompt {
  core::ChatRequest request;  // without the task's deadline
  // Ranking: members whose answers the prompt lists under the labels A, B, …
  std::vector<std::string> label_order;
};

class PromptBuilder {
 public:
  // The assignment must outlive the builder.
  //   trace_id  seeds the order in which rankings list the answers
  PromptBuilder(const Assignment& assignment, const TaskSpec& spec, std::string trace_id);

  // Absent when the prompt would be larger than rendered_bytes_max.
  std::optional<Prompt> build(StepIndex step, const AssignedMember& member, const StepOutputs& outputs,
                              const StepScheduler& scheduler) const;
  // The rendered answer template; absent when larger than rendered_answer_bytes_max.
  std::optional<std::string> answer(const StepOutputs& outputs, const StepScheduler& scheduler) const;

 private:
  core::ChatRequest request_for(const Step& step, const AssignedMember& member, std::optional<std::string> system,
                                std::string user) const;

  const Assignment& assignment_;
  const std::string trace_id_;
  const std::chrono::milliseconds member_deadline_;  // 0: the step's
  Bindings task_bindings_;                           // task, context and choices
};

// The caller's limit, if any, shorter or longer than the workflow's: a caller whose model takes minutes to
// load knows better than the workflow.
inline std::chrono::milliseconds limit_of(std::chrono::milliseconds workflow, std::chrono::milliseconds caller) {
  return caller.count() > 0 ? caller : workflow;
}

}  // namespace plenum::workflow
