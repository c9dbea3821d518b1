#include "server/workflow/run/state/prompt_builder.h"

#include <algorithm>
#include <utility>

#include "common/base/labels.h"
#include "server/workflow/output/context_rendering.h"
#include "server/workflow/run/state/list_bindings.h"

namespace plenum::workflow {

PromptBuilder::PromptBuilder(const Assignment& assignment, const TaskSpec& spec, std::string trace_id)
    : assignment_(assignment), trace_id_(std::move(trace_id)), member_deadline_(spec.member_deadline) {
  task_bindings_["task"] = spec.task;
  task_bindings_["context"] = render_context(spec.context_json);
  std::vector<Item> choices;
  for (std::size_t i = 0; i < assignment.options.choices.size(); ++i) {
    choices.push_back({{"label", label_of(i)}, {"text", assignment.options.choices[i]}});
  }
  task_bindings_["choices"] = std::move(choices);
}

std::optional<Prompt> PromptBuilder::build(StepIndex index, const AssignedMember& member, const StepOutputs& outputs,
                                           const StepScheduler& scheduler) const {
  const Step& step = outputs.steps()[index];
  const ListBindings lists(outputs, scheduler);
  Prompt prompt;
  Bindings bindings = task_bindings_;
  lists.add_inputs(bindings, step.inputs, index);
  if (step.kind->ranks_first_input) {
    const std::vector<StepIndex> order = lists.shuffled_answers(index, trace_id_);
    lists.bind_answers(bindings, index, order);
    for (const StepIndex answer : order)
      prompt.label_order.push_back(assignment_.member_of(outputs.steps()[answer]).id);
  }
  std::size_t bytes_left = rendered_bytes_max;
  std::optional<std::string> system;
  if (step.system_template) {
    system = step.system_template->render(bindings, bytes_left);
    if (!system) return std::nullopt;
    bytes_left -= system->size();
  }
  auto user = step.user_template->render(bindings, bytes_left);
  if (!user) return std::nullopt;
  prompt.request = request_for(step, member, std::move(system), *std::move(user));
  return prompt;
}

core::ChatRequest PromptBuilder::request_for(const Step& step, const AssignedMember& member,
                                             std::optional<std::string> system, std::string user) const {
  using Role = core::ChatMessage::Role;
  core::ChatRequest request;
  request.model = member.model;
  request.parameters.temperature = step.temperature;
  request.parameters.max_tokens = step.max_tokens;
  request.deadlines = step.deadlines;
  request.budget = limit_of(step.timeout, member_deadline_);
  std::string system_text = member.persona;
  if (system) system_text += (system_text.empty() ? "" : "\n\n") + *system;
  if (!system_text.empty()) request.messages.push_back({Role::system, std::move(system_text)});
  for (const Turn& turn : assignment_.conversation.shown) {
    request.messages.push_back({Role::user, turn.question});
    request.messages.push_back({Role::assistant, turn.answer});
  }
  request.messages.push_back({Role::user, std::move(user)});
  return request;
}

std::optional<std::string> PromptBuilder::answer(const StepOutputs& outputs, const StepScheduler& scheduler) const {
  const Workflow& workflow = *assignment_.workflow;
  Bindings bindings = task_bindings_;
  ListBindings(outputs, scheduler).add_inputs(bindings, workflow.answer_inputs, std::nullopt);
  return workflow.answer_template->render(bindings, rendered_answer_bytes_max);
}

}  // namespace plenum::workflow
