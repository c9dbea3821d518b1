#include "server/workflow/run/state/prompt_builder.h"

#include <algorithm>
#include <utility>

#include "common/base/labels.h"
#include "server/workflow/output/context_rendering.h"
#include "server/workflow/planning/search_text.h"
#include "server/workflow/planning/task_attachments.h"
#include "server/workflow/run/outputs/answer_labels.h"
#include "server/workflow/run/state/list_bindings.h"

namespace plenum::workflow {

namespace {

const ModelParameters* find(const std::map<std::string, ModelParameters, std::less<>>& by_name,
                            const std::string& name) {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &found->second;
}

// Files go where the context goes.
bool shows_context(const Step& step) {
  const auto shows = [](const SharedTemplate& text) {
    if (text == nullptr) return false;
    const auto uses = template_uses(text->text());
    return uses && std::any_of(uses->begin(), uses->end(), [](const TemplateUse& use) {
             return use.name == "context" || use.name == "context_block";
           });
  };
  return shows(step.user_template) || shows(step.system_template);
}

}  // namespace

PromptBuilder::PromptBuilder(const Assignment& assignment, const TaskSpec& spec)
    : assignment_(assignment), member_deadline_(spec.member_deadline), attachments_(attachments_of(spec.context_json)) {
  task_bindings_["task"] = spec.task;
  task_bindings_["context"] = render_context(spec.context_json);
  task_bindings_["date"] = assignment.date;
  task_bindings_["search_text"] = search_text(spec.task, assignment.conversation.shown);
}

std::optional<Prompt> PromptBuilder::build(StepIndex index, const AssignedMember& member, const StepOutputs& outputs,
                                           const StepScheduler& scheduler) const {
  const Step& step = outputs.steps()[index];
  Prompt prompt;
  const Bindings bindings = bindings_for(index, outputs, scheduler, prompt);
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
  if (attachments_ != nullptr && shows_context(step)) prompt.request.messages.back().attachments = attachments_;
  if (step.kind->schema != nullptr) {
    prompt.request.answer_schema =
        ResponseFormat{ResponseFormat::Kind::json_schema, std::string(step.kind->name),
                       step.kind->schema(outputs.parse_input(index, prompt.label_order, scheduler))};
  }
  return prompt;
}

Bindings PromptBuilder::bindings_for(StepIndex index, const StepOutputs& outputs, const StepScheduler& scheduler,
                                     Prompt& prompt) const {
  const Step& step = outputs.steps()[index];
  // No author of a text in this prompt has seen its boundary.
  const MaterialBlocks blocks(outputs.trace_id() + outputs.chunk_name(index));
  const ListBindings lists(outputs, scheduler, &blocks);
  Bindings bindings = task_bindings_;
  bindings["context_block"] = blocks.around(bindings["context"].text, {"context"});
  bindings["material_rule"] = blocks.rule();
  bindings["choices"] = choices_for(outputs.trace_id(), outputs.chunk_name(index));
  lists.add_inputs(bindings, step.inputs, index);
  lists.bind_replaced(bindings, step);
  ParseInput shown;
  if (step.kind->labels_first_input) {
    ListBindings::RankedAnswers answers = lists.ranked_answers(index);
    lists.bind_answers(bindings, index, answers);
    prompt.label_order = std::move(answers.members);
    shown.labels = std::move(answers.shown);
  }
  if (step.kind->add_prompt_values != nullptr) {
    std::map<std::string, std::string> values;
    step.kind->add_prompt_values(values, shown);
    for (auto& [name, value] : values) bindings[name] = std::move(value);
  }
  return bindings;
}

std::vector<Item> PromptBuilder::choices_for(const std::string& trace_id, const std::string& chunk_name) const {
  const std::vector<std::string>& texts = assignment_.options.choices;
  std::vector<Item> choices;
  for (const std::size_t choice : shown_order(trace_id, chunk_name, texts.size())) {
    choices.push_back({{"label", label_of(choice)}, {"text", texts[choice]}});
  }
  return choices;
}

core::ChatRequest PromptBuilder::request_for(const Step& step, const AssignedMember& member,
                                             std::optional<std::string> system, std::string user) const {
  using Role = core::ChatMessage::Role;
  core::ChatRequest request;
  request.model = member.model;
  request.substitutes = member.substitutes;
  request.parameters = parameters_for(step, member);
  request.deadlines = step.deadlines;
  request.budget = limit_of(step.timeout, member_deadline_);
  std::string system_text = member.persona;
  if (system && !system->empty()) system_text += (system_text.empty() ? "" : "\n\n") + *system;
  if (!system_text.empty()) request.messages.push_back({Role::system, std::move(system_text)});
  for (const Turn& turn : assignment_.conversation.shown) {
    request.messages.push_back({Role::user, turn.question});
    request.messages.push_back({Role::assistant, turn.answer});
  }
  request.messages.push_back({Role::user, std::move(user)});
  return request;
}

ModelParameters PromptBuilder::parameters_for(const Step& step, const AssignedMember& member) const {
  const TaskParameters& task = assignment_.parameters;
  const Workflow& workflow = *assignment_.workflow;
  ModelParameters chosen = member.parameters;
  const auto add = [&](const ModelParameters* more) {
    if (more != nullptr) chosen = overlay(std::move(chosen), *more);
  };
  add(&workflow.parameters);
  add(&task.common);
  add(find(task.members, member.id));
  const auto role = static_cast<std::size_t>(step.role);
  if (step.role >= 0 && role < workflow.roles.size()) {
    add(find(workflow.of_roles, workflow.roles[role]));
    add(find(task.roles, workflow.roles[role]));
  }
  add(&step.parameters);
  add(find(task.steps, step.base_id));
  return chosen;
}

std::optional<std::string> PromptBuilder::answer(const StepOutputs& outputs, const StepScheduler& scheduler) const {
  const Workflow& workflow = *assignment_.workflow;
  Bindings bindings = task_bindings_;
  std::vector<Item> choices;
  for (std::size_t i = 0; i < assignment_.options.choices.size(); ++i) {
    choices.push_back({{"label", label_of(i)}, {"text", assignment_.options.choices[i]}});
  }
  bindings["choices"] = std::move(choices);
  ListBindings(outputs, scheduler, nullptr).add_inputs(bindings, workflow.answer_inputs, std::nullopt);
  return workflow.answer_template->render(bindings, rendered_answer_bytes_max);
}

}  // namespace plenum::workflow
