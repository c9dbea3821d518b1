#include "server/workflow/definition/member_expansion.h"

#include <algorithm>
#include <map>
#include <set>

namespace plenum::workflow {

namespace {

class Expander {
 public:
  Expander(const Workflow& from, std::span<const std::size_t> role_members, std::size_t members,
           const StartOptions& options)
      : from_(from),
        role_members_(role_members),
        members_(members),
        quorum_(options.quorum),
        late_(options.late.value_or(options.quorum ? LatePolicy::drop : LatePolicy::rank)),
        ranks_late_(ranks_late(from)) {
    for (const Step& step : from_.steps) {
      if (!step.late_of.empty()) ranked_again_.insert(*step.supersedes);
    }
  }

  Workflow expand() {
    to_ = from_;
    to_.steps.clear();
    for (StepIndex index = 0; index < from_.steps.size(); ++index) {
      const Step& step = from_.steps[index];
      std::vector<std::optional<StepIndex>> parts;
      const std::set<std::size_t> excluded_members = excluded_from(step);
      for (std::size_t member = 0; member < (step.each == Each::no ? 1 : members_); ++member) {
        const bool excluded = excluded_members.contains(member);
        parts.push_back(excluded ? std::nullopt : std::optional(to_.steps.size()));
        if (!excluded) to_.steps.push_back(part_of(index, member));
      }
      parts_.push_back(std::move(parts));
    }
    to_.answer_inputs = all(from_.answer_inputs);
    if (to_.review) to_.review->step = *part(to_.review->step, 0);
    if (to_.synthesis) to_.synthesis->step = *part(to_.synthesis->step, 0);
    return std::move(to_);
  }

 private:
  // The members of the roles that `except` names, as long as another one is left.
  std::set<std::size_t> excluded_from(const Step& step) const {
    std::set<std::size_t> excluded;
    for (const int role : step.except_roles) {
      std::set<std::size_t> more = excluded;
      if (const std::size_t member = role_members_[static_cast<std::size_t>(role)]; member < members_)
        more.insert(member);
      if (&role == &step.except_roles.front() || more.size() < members_) excluded = std::move(more);
    }
    return excluded;
  }

  // The step as run by one member; unchanged if it has no `each`.
  Step part_of(StepIndex index, std::size_t member) const {
    const Step& step = from_.steps[index];
    Step made = step;
    if (step.each != Each::no) made.role = static_cast<int>(from_.roles.size() + member);
    made.inputs = all(step.inputs);
    set_start(made);
    made.drops_late = late_ == LatePolicy::drop && ranked_again_.contains(index);
    if (step.when) made.when->step = *part(step.when->step, 0);
    if (step.supersedes) made.supersedes = part(*step.supersedes, member);
    if (step.each_of) made.own = part(*step.each_of, member);
    if (!step.late_of.empty()) {
      made.disabled = late_ != LatePolicy::rank || !made.supersedes || !can_start_early(to_.steps[*made.supersedes]);
    }
    made.after.clear();
    if (made.supersedes) made.after.push_back(*made.supersedes);
    if (made.when) made.after.push_back(made.when->step);
    if (made.own) made.after.push_back(*made.own);
    for (const StepInput& input : made.inputs) made.after.push_back(input.step);
    std::sort(made.after.begin(), made.after.end());
    made.after.erase(std::unique(made.after.begin(), made.after.end()), made.after.end());
    return made;
  }

  // The number of items in the smallest list that the step needs; nothing without a list.
  static std::optional<int> smallest_list(const Step& step) {
    std::map<std::string, int> parts;
    for (const StepInput& input : step.inputs) {
      if (input.list && !input.optional) ++parts[input.output];
    }
    std::optional<int> smallest;
    for (const auto& [binding, count] : parts) smallest = std::min(smallest.value_or(count), count);
    return smallest;
  }

  // The task's quorum, limited to the size of the step's lists. Never below two where the file requires two:
  // one answer is not merged or ranked. A step that has its quorum waits for no other member, unless late ones are
  // to be ranked: then only the first rankings do not wait.
  void set_start(Step& step) const {
    const auto smallest = smallest_list(step);
    if (!smallest) return;
    const bool waits = ranks_late_ && late_ == LatePolicy::wait;
    if (waits) step.start = StartPolicy::all;
    if (!quorum_) return;
    step.quorum = std::max(std::min(*quorum_, *smallest), std::min(step.quorum, 2));
    const bool only_early = ranks_late_ && late_ == LatePolicy::rank && step.start == StartPolicy::all;
    if (!waits && !only_early) step.start = StartPolicy::quorum;
  }

  static bool can_start_early(const Step& step) {
    const int smallest = smallest_list(step).value_or(0);
    return step.start != StartPolicy::all && step.quorum < smallest;
  }

  std::vector<StepInput> all(const std::vector<StepInput>& inputs) const {
    std::vector<StepInput> found;
    for (const StepInput& input : inputs) {
      const bool list = from_.steps[input.step].each != Each::no;
      for (const auto& step : parts_[input.step]) {
        if (step) found.push_back({input.output, *step, list, input.optional});
      }
    }
    return found;
  }

  // The expanded step of a step of the file: the one of this member, or the only one.
  std::optional<StepIndex> part(StepIndex step, std::size_t member) const {
    return parts_[step][from_.steps[step].each == Each::no ? 0 : member];
  }

  const Workflow& from_;
  const std::span<const std::size_t> role_members_;
  const std::size_t members_;
  const std::optional<int> quorum_;
  const LatePolicy late_;
  const bool ranks_late_;
  std::set<StepIndex> ranked_again_;  // steps of the file that a later one ranks again
  Workflow to_;
  std::vector<std::vector<std::optional<StepIndex>>> parts_;  // per step of the file; absent: excluded
};

}  // namespace

std::size_t expanded_steps(const Workflow& workflow, std::size_t members) {
  std::size_t steps = 0;
  for (const Step& step : workflow.steps) steps += step.each == Each::no ? 1 : members;
  return steps;
}

Workflow expand_members(const Workflow& workflow, std::span<const std::size_t> role_members, std::size_t members,
                        const StartOptions& options) {
  return Expander(workflow, role_members, members, options).expand();
}

bool ranks_late(const Workflow& workflow) {
  return std::any_of(workflow.steps.begin(), workflow.steps.end(),
                     [](const Step& step) { return !step.late_of.empty(); });
}

}  // namespace plenum::workflow
