#include "server/workflow/run/state/list_bindings.h"

#include <algorithm>

#include "common/base/labels.h"
#include "server/workflow/run/outputs/answer_labels.h"
#include "server/workflow/run/outputs/kind_outputs.h"

namespace plenum::workflow {

namespace {

// The name of one item of a list: `answer` of `answers`.
std::string_view singular(std::string_view list) {
  return list.size() > 1 && list.ends_with('s') ? list.substr(0, list.size() - 1) : list;
}

std::vector<StepIndex> steps_of(std::span<const StepInput> parts) {
  std::vector<StepIndex> steps;
  for (const StepInput& part : parts) steps.push_back(part.step);
  return steps;
}

}  // namespace

void ListBindings::add_inputs(Bindings& bindings, std::span<const StepInput> inputs,
                              std::optional<StepIndex> reader) const {
  for (std::size_t i = 0; i < inputs.size();) {
    std::size_t end = i + 1;
    if (inputs[i].list) {
      while (end < inputs.size() && inputs[end].output == inputs[i].output) ++end;
      bind_list(bindings, inputs.subspan(i, end - i), reader);
    } else if (const StepOutput* found = outputs_.latest_with_output(inputs[i].step, scheduler_)) {
      bind_text(bindings, inputs[i].output, *found);
    }
    i = end;
  }
}

void ListBindings::bind_text(Bindings& bindings, const std::string& name, const StepOutput& output) const {
  const std::string& text = output.parsed->text;
  bindings[name] = text;
  if (blocks_ != nullptr) bindings[name + "_block"] = blocks_->around(text, {name, {}, output.completed->truncated});
  std::string paths;
  for (const ResultFile& file : output.parsed->files) paths += (paths.empty() ? "" : ", ") + file.path;
  if (!paths.empty()) bindings[name + "_files"] = std::move(paths);
}

void ListBindings::bind_replaced(Bindings& bindings, const Step& step) const {
  const StepOutput* found = step.supersedes ? outputs_.latest_with_output(*step.supersedes, scheduler_) : nullptr;
  if (found == nullptr) return;
  const std::string& text = found->parsed->text;
  bindings["replaced"] = text;
  bindings["replaced_block"] =
      blocks_->around(text, {std::string(singular(step.output)), {}, found->completed->truncated});
}

void ListBindings::bind_list(Bindings& bindings, std::span<const StepInput> parts,
                             std::optional<StepIndex> reader) const {
  const std::string& name = parts.front().output;
  const std::vector<Step>& steps = outputs_.steps();
  std::vector<Part> current = latest_of(steps_of(parts), name, reader);
  const StepKind& kind = *steps[parts.front().step].kind;
  if (kind.summarize != nullptr) {
    std::vector<StepIndex> current_steps;
    for (const Part& part : current) current_steps.push_back(part.step);
    bindings[name + std::string(kind.summary_suffix)] = kind.summarize(kind_outputs(outputs_, current_steps));
  }
  // The order of the members would tell a model whose text it reads.
  const auto by_label = [](const Part& a, const Part& b) { return a.label < b.label; };
  if (reader) std::sort(current.begin(), current.end(), by_label);
  bindings[name] = items_of(current, name, reader);
  // A copy of every output so far: only for templates that read it.
  if (!reads(reader, name + "_history")) return;
  std::vector<Part> history;
  const auto labels = labels_of(outputs_.trace_id(), name, parts.size());
  for (std::size_t position = 0; position < parts.size(); ++position) {
    for (std::optional<StepIndex> at = parts[position].step; at; at = steps[*at].supersedes) {
      if (outputs_.of(*at).parsed) history.push_back({*at, labels[position]});
    }
  }
  std::sort(history.begin(), history.end(), [&](const Part& a, const Part& b) {
    const int left = steps[a.step].round, right = steps[b.step].round;
    if (left != right) return left < right;
    return reader && a.label != b.label ? a.label < b.label : a.step < b.step;
  });
  bindings[name + "_history"] = items_of(history, name, reader);
}

std::vector<ListBindings::Part> ListBindings::latest_of(std::span<const StepIndex> parts, const std::string& name,
                                                        std::optional<StepIndex> reader) const {
  const auto labels = labels_of(outputs_.trace_id(), name, parts.size());
  std::vector<Part> found;
  for (std::size_t position = 0; position < parts.size(); ++position) {
    const StepIndex part = parts[position];
    const auto latest = scheduler_.has_output(part) ? scheduler_.latest(part) : std::nullopt;
    if (const auto output = reader ? scheduler_.read_by(*reader, part) : latest) {
      found.push_back({*output, labels[position]});
    }
  }
  return found;
}

bool ListBindings::reads(std::optional<StepIndex> reader, const std::string& name) const {
  const auto in = [&](const SharedTemplate& text) { return text && text->text().find(name) != std::string::npos; };
  if (!reader) return in(outputs_.assignment().workflow->answer_template);
  const Step& step = outputs_.steps()[*reader];
  return in(step.user_template) || in(step.system_template);
}

std::vector<Item> ListBindings::items_of(std::span<const Part> parts, const std::string& name,
                                         std::optional<StepIndex> reader) const {
  std::vector<Item> items;
  for (const Part& part : parts) items.push_back(item_of(part, name, reader));
  return items;
}

Item ListBindings::item_of(const Part& part, const std::string& name, std::optional<StepIndex> reader) const {
  const Step& step = outputs_.steps()[part.step];
  const StepOutput& output = outputs_.of(part.step);
  const std::string label = label_of(part.label);
  Item item{
      {"text", output.parsed->text}, {"member", output.member.id}, {"model", output.member.model}, {"label", label}};
  if (blocks_ != nullptr) {
    item["block"] = blocks_->around(output.parsed->text, {singular(name), label, output.completed->truncated});
  }
  if (output.completed->truncated) item["incomplete"] = "yes";
  if (step.round > 0) item["round"] = std::to_string(step.round);
  if (step.kind->add_item_fields != nullptr) step.kind->add_item_fields(item, member_output(outputs_, part.step));
  if (reader && outputs_.steps()[*reader].role == step.role) item["own"] = "yes";
  return item;
}

ListBindings::RankedAnswers ListBindings::ranked_answers(StepIndex ranking) const {
  const Step& step = outputs_.steps()[ranking];
  const std::vector<StepIndex> parts = ranked_parts(step);
  const std::vector<Part> found = latest_of(parts, step.inputs.front().output, ranking);
  RankedAnswers answers;
  answers.members.resize(parts.size());
  for (const Part& part : found) {
    answers.members[part.label] = outputs_.assignment().member_of(outputs_.steps()[part.step]).id;
  }
  for (const std::size_t place : shown_order(outputs_.trace_id(), outputs_.chunk_name(ranking), found.size())) {
    answers.shown.push_back(found[place].label);
  }
  return answers;
}

void ListBindings::bind_answers(Bindings& bindings, StepIndex ranking, const RankedAnswers& answers) const {
  const std::string& name = outputs_.steps()[ranking].inputs.front().output;
  const std::vector<Part> found = latest_of(ranked_parts(outputs_.steps()[ranking]), name, ranking);
  std::vector<Part> parts;
  for (const std::size_t label : answers.shown) {
    parts.push_back(*std::find_if(found.begin(), found.end(), [&](const Part& part) { return part.label == label; }));
  }
  bindings[name] = items_of(parts, name, ranking);
}

}  // namespace plenum::workflow
