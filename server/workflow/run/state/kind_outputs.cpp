#include "server/workflow/run/state/kind_outputs.h"

#include <algorithm>

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
  MemberOutput found{member_of(outputs, step), output.parsed->text, {}, {}, {}, output.parsed->choice};
  if (!outputs.steps()[step].kind->ranks_first_input) return found;
  const std::vector<StepIndex> ranked = ranked_parts(outputs.steps()[step]);
  for (const StepIndex answer : output.label_order) {
    found.label_order.push_back(position_of(outputs, answer, ranked));
  }
  for (const std::size_t label : output.parsed->ranking) found.ranking.push_back(found.label_order[label]);
  if (const std::size_t own = position_of(outputs, step, ranked); own < ranked.size()) found.own_answer = own;
  return found;
}

KindOutputs kind_outputs(const StepOutputs& outputs, std::span<const StepIndex> steps) {
  KindOutputs found;
  for (const StepIndex step : steps) found.outputs.push_back(member_output(outputs, step));
  if (!steps.empty() && outputs.steps()[steps.front()].kind->ranks_first_input) {
    for (const StepIndex part : ranked_parts(outputs.steps()[steps.front()])) {
      found.answers.push_back(member_of(outputs, part));
    }
  }
  found.choices = outputs.assignment().options.choices;
  found.exclude_self = outputs.assignment().options.exclude_self;
  return found;
}

}  // namespace plenum::workflow
