#include "server/workflow/definition/early_start.h"

namespace plenum::workflow {

std::optional<EarlyStartBlocker> CompleteLists::blocker_of(std::span<const Step> earlier, const Step& step) {
  steps_ = earlier;
  while (lists_.size() < steps_.size()) lists_.push_back(before(steps_[lists_.size()]));
  const Lists complete = before(step);
  std::optional<EarlyStartBlocker> found;
  for (const StepInput& input : step.inputs) {
    const auto list = binding(input.step);
    if (input.optional || !list || steps_[*list].each == Each::no) continue;
    if (!complete[*list]) return std::nullopt;
    for (const StepInput& other : step.inputs) {
      if (completes(other.step, *list)) found = EarlyStartBlocker{other.output, input.output};
    }
    if (!found) found = EarlyStartBlocker{input.output, input.output};
  }
  return found;
}

CompleteLists::Lists CompleteLists::before(const Step& step) const {
  Lists complete(steps_.size(), false);
  for (const StepInput& input : step.inputs) {
    add_before(complete, input.step);
    const auto list = binding(input.step);
    if (step.start == StartPolicy::all && list && steps_[*list].each != Each::no) add_items(complete, *list);
  }
  if (step.when) add_before(complete, step.when->step);
  if (step.each_of) add_before(complete, *step.each_of);
  if (step.supersedes) add_before(complete, *step.supersedes);
  return complete;
}

// Whether all items of the list are available when any output of the step is.
bool CompleteLists::completes(StepIndex step, StepIndex list) const {
  const auto found = binding(step);
  return found && list < lists_[*found].size() && lists_[*found][list];
}

// The step itself, or the one whose output stands in its place when the task does not enable it.
std::optional<StepIndex> CompleteLists::binding(StepIndex step) const {
  std::optional<StepIndex> at = step;
  while (at && steps_[*at].enabled_by > search_) at = steps_[*at].supersedes;
  return at;
}

void CompleteLists::add_before(Lists& complete, StepIndex step) const {
  const auto found = binding(step);
  if (!found) return;
  const Lists& more = lists_[*found];
  for (StepIndex i = 0; i < steps_.size() && i < more.size(); ++i) complete[i] = complete[i] || more[i];
}

// With all items of a list, all items are available that they replace or follow.
void CompleteLists::add_items(Lists& complete, StepIndex list) const {
  for (std::optional<StepIndex> at = list; at && !complete[*at]; at = steps_[*at].supersedes) {
    complete[*at] = true;
    if (steps_[*at].each_of && !complete[*steps_[*at].each_of]) add_items(complete, *steps_[*at].each_of);
  }
}

}  // namespace plenum::workflow
