#include "server/workflow/run/state/list_bindings.h"

#include <algorithm>

#include "common/base/labels.h"
#include "common/base/sha256.h"
#include "server/workflow/output/ranking.h"
#include "server/workflow/run/state/kind_outputs.h"

namespace plenum::workflow {

namespace {

std::uint64_t seed_of(const std::string& trace_id, const std::string& chunk_name) {
  return std::stoull(sha256_hex(trace_id + chunk_name).substr(0, 16), nullptr, 16);
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
      bindings[inputs[i].output] = found->parsed->text;
    }
    i = end;
  }
}

void ListBindings::bind_list(Bindings& bindings, std::span<const StepInput> parts,
                             std::optional<StepIndex> reader) const {
  const std::vector<Step>& steps = outputs_.steps();
  std::vector<Part> current, history;
  std::vector<StepIndex> current_steps;
  for (std::size_t position = 0; position < parts.size(); ++position) {
    if (scheduler_.has_output(parts[position].step)) {
      current_steps.push_back(*scheduler_.latest(parts[position].step));
      current.push_back({current_steps.back(), position});
    }
    for (std::optional<StepIndex> at = parts[position].step; at; at = steps[*at].supersedes) {
      if (outputs_.of(*at).parsed) history.push_back({*at, position});
    }
  }
  // Workflow order is by round, and by member within a round.
  std::sort(history.begin(), history.end(), [](const Part& a, const Part& b) { return a.step < b.step; });
  const std::string& name = parts.front().output;
  bindings[name] = items_of(current, reader);
  // A copy of every output so far: only for templates that read it.
  if (reads(reader, name + "_history")) bindings[name + "_history"] = items_of(history, reader);
  const StepKind& kind = *steps[parts.front().step].kind;
  if (kind.summarize != nullptr) {
    bindings[name + std::string(kind.summary_suffix)] = kind.summarize(kind_outputs(outputs_, current_steps));
  }
}

bool ListBindings::reads(std::optional<StepIndex> reader, const std::string& name) const {
  const auto in = [&](const SharedTemplate& text) { return text && text->text().find(name) != std::string::npos; };
  if (!reader) return in(outputs_.assignment().workflow->answer_template);
  const Step& step = outputs_.steps()[*reader];
  return in(step.user_template) || in(step.system_template);
}

std::vector<Item> ListBindings::items_of(std::span<const Part> parts, std::optional<StepIndex> reader) const {
  std::vector<Item> items;
  for (const Part& part : parts) {
    const Step& step = outputs_.steps()[part.step];
    const StepOutput& output = outputs_.of(part.step);
    Item item{{"text", output.parsed->text},
              {"member", output.member.id},
              {"model", output.member.model},
              {"label", label_of(part.position)}};
    if (step.round > 0) item["round"] = std::to_string(step.round);
    if (step.kind->add_item_fields != nullptr) step.kind->add_item_fields(item, member_output(outputs_, part.step));
    if (reader && outputs_.steps()[*reader].role == step.role) item["own"] = "yes";
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<StepIndex> ListBindings::shuffled_answers(StepIndex ranking, const std::string& trace_id) const {
  std::vector<StepIndex> answers, order;
  for (const StepIndex part : ranked_parts(outputs_.steps()[ranking])) {
    if (scheduler_.has_output(part)) answers.push_back(*scheduler_.latest(part));
  }
  for (const std::size_t place : shuffled(answers.size(), seed_of(trace_id, outputs_.chunk_name(ranking)))) {
    order.push_back(answers[place]);
  }
  return order;
}

void ListBindings::bind_answers(Bindings& bindings, StepIndex ranking, const std::vector<StepIndex>& order) const {
  std::vector<Part> parts;
  for (const StepIndex step : order) parts.push_back({step, parts.size()});
  bindings[outputs_.steps()[ranking].inputs.front().output] = items_of(parts, ranking);
}

}  // namespace plenum::workflow
