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
#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

struct Prompt {
  core::ChatRequest request;  // without the task's deadline
  // Ranking: the member whose answer the prompt shows under each label, in alphabetical order; empty: a label that it
  // does not show.
  std::vector<std::string> label_order;
};

class PromptBuilder {
 public:
  // The assignment must outlive the builder.
  PromptBuilder(const Assignment& assignment, const TaskSpec& spec);

  // Absent when the prompt would be larger than rendered_bytes_max.
  std::optional<Prompt> build(StepIndex step, const AssignedMember& member, const StepOutputs& outputs,
                              const StepScheduler& scheduler) const;
  // The rendered answer template; absent when larger than rendered_answer_bytes_max.
  std::optional<std::string> answer(const StepOutputs& outputs, const StepScheduler& scheduler) const;

 private:
  Bindings bindings_for(StepIndex step, const StepOutputs& outputs, const StepScheduler& scheduler,
                        Prompt& prompt) const;
  // The choices of the task under their letters, in an order that differs between voters.
  std::vector<Item> choices_for(const std::string& trace_id, const std::string& chunk_name) const;
  core::ChatRequest request_for(const Step& step, const AssignedMember& member, std::optional<std::string> system,
                                std::string user) const;
  // The most specific value of each parameter: of the step, its role, the member, the task, the workflow, and last
  // the provider. At the same level the task's precedes the workflow's.
  ModelParameters parameters_for(const Step& step, const AssignedMember& member) const;

  const Assignment& assignment_;
  const std::chrono::milliseconds member_deadline_;  // 0: the step's
  Bindings task_bindings_;                           // what every template may show
  const core::Attachments attachments_;              // of the task; null: none
};

// The caller's limit, if any, shorter or longer than the workflow's: a caller whose model takes minutes to
// load knows better than the workflow.
inline std::chrono::milliseconds limit_of(std::chrono::milliseconds workflow, std::chrono::milliseconds caller) {
  return caller.count() > 0 ? caller : workflow;
}

}  // namespace plenum::workflow
