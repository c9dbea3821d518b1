#include "server/workflow/run/outputs/kind_outputs.h"

#include <algorithm>

#include "common/base/labels.h"
#include "server/workflow/run/outputs/answer_labels.h"

namespace plenum::workflow {

namespace {

MemberRef member_of(const StepOutputs& outputs, StepIndex step) {
  const AssignedMember& member = outputs.assignment().member_of(outputs.steps()[step]);
  return {member.id, member.model};
}

// The position of an output in the list that a ranking ranks.
std::size_t position_of(const StepOutputs& outputs, StepIndex step, const std::vector<StepIndex>& ranked) {
  const int role = outputs.steps()[step].role;
  const auto same_member = [&](StepIndex part) { return outputs.steps()[part].role == role; };
  return static_cast<std::size_t>(std::find_if(ranked.begin(), ranked.end(), same_member) - ranked.begin());
}

}  // namespace

MemberOutput member_output(const StepOutputs& outputs, StepIndex step) {
  const StepOutput& output = outputs.of(step);
  MemberOutput found{member_of(outputs, step), output.parsed->text,   {}, {}, {},
                     output.parsed->choice,    output.parsed->verdict};
  if (!outputs.steps()[step].kind->labels_first_input) return found;
  const std::vector<StepIndex> ranked = ranked_parts(outputs.steps()[step]);
  for (std::size_t label = 0; label < output.labeled.size(); ++label) {
    if (!output.labeled[label]) continue;
    found.shown.push_back(position_of(outputs, *output.labeled[label], ranked));
    found.labeled[label] = found.shown.back();
  }
  for (const auto& tied : output.parsed->ranking) {
    found.ranking.emplace_back();
    for (const std::size_t label : tied) {
      found.ranking.back().push_back(position_of(outputs, output.labeled[label].value(), ranked));
    }
  }
  if (const std::size_t own = position_of(outputs, step, ranked); own < ranked.size()) found.own_answer = own;
  return found;
}

namespace {

// Without its own one, a reviewer of two answers has nothing left to compare.
constexpr std::size_t answers_to_exclude_self = 3;

std::size_t answers_shown(const KindOutputs& rankings) {
  std::size_t most = 0;
  for (const MemberOutput& output : rankings.outputs) most = std::max(most, output.shown.size());
  return most;
}

}  // namespace

KindOutputs kind_outputs(const StepOutputs& outputs, std::span<const StepIndex> steps) {
  KindOutputs found;
  for (const StepIndex step : steps) found.outputs.push_back(member_output(outputs, step));
  if (!steps.empty() && outputs.steps()[steps.front()].kind->labels_first_input) {
    const Step& ranking = outputs.steps()[steps.front()];
    const std::vector<StepIndex> parts = ranked_parts(ranking);
    for (const StepIndex part : parts) found.answers.push_back(member_of(outputs, part));
    for (const std::size_t label : labels_of(outputs.trace_id(), ranking.inputs.front().output, parts.size())) {
      found.labels.push_back(label_of(label));
    }
  }
  const TaskOptions& options = outputs.assignment().options;
  found.choices = options.choices;
  found.exclude_self = options.exclude_self.value_or(answers_shown(found) >= answers_to_exclude_self);
  return found;
}

}  // namespace plenum::workflow
