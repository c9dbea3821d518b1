#include "server/workflow/definition/member_expansion.h"

#include <algorithm>
#include <map>

namespace plenum::workflow {

namespace {

class Expander {
 public:
  Expander(const Workflow& from, std::span<const std::size_t> role_members, std::size_t members,
           std::optional<int> quorum)
      : from_(from), role_members_(role_members), members_(members), quorum_(quorum) {}

  Workflow expand() {
    to_ = from_;
    to_.steps.clear();
    for (const Step& step : from_.steps) {
      std::vector<std::optional<StepIndex>> parts;
      for (std::size_t member = 0; member < (step.each == Each::no ? 1 : members_); ++member) {
        const bool excluded = step.except_role && role_members_[static_cast<std::size_t>(*step.except_role)] == member;
        parts.push_back(excluded ? std::nullopt : std::optional(to_.steps.size()));
        if (!excluded) to_.steps.push_back(part_of(step, member));
      }
      parts_.push_back(std::move(parts));
    }
    to_.answer_inputs = all(from_.answer_inputs);
    if (to_.review) to_.review->step = *part(to_.review->step, 0);
    if (to_.synthesis) to_.synthesis->step = *part(to_.synthesis->step, 0);
    return std::move(to_);
  }

 private:
  // The step as run by one member; unchanged if it has no `each`.
  Step part_of(const Step& step, std::size_t member) const {
    Step made = step;
    if (step.each != Each::no) made.role = static_cast<int>(from_.roles.size() + member);
    made.inputs = all(step.inputs);
    if (quorum_) made.quorum = quorum_of(made);
    if (step.when) made.when->step = *part(step.when->step, 0);
    if (step.supersedes) made.supersedes = part(*step.supersedes, member);
    if (step.each_of) made.own = part(*step.each_of, member);
    made.after.clear();
    if (made.supersedes) made.after.push_back(*made.supersedes);
    if (made.when) made.after.push_back(made.when->step);
    if (made.own) made.after.push_back(*made.own);
    for (const StepInput& input : made.inputs) made.after.push_back(input.step);
    std::sort(made.after.begin(), made.after.end());
    made.after.erase(std::unique(made.after.begin(), made.after.end()), made.after.end());
    return made;
  }

  // The task's quorum, limited to the size of the step's lists. Never below two where the file requires two:
  // one answer is not merged or ranked.
  int quorum_of(const Step& step) const {
    std::map<std::string, int> parts;
    for (const StepInput& input : step.inputs) {
      if (input.list && !input.optional) ++parts[input.output];
    }
    if (parts.empty()) return step.quorum;
    int quorum = *quorum_;
    for (const auto& [binding, count] : parts) quorum = std::min(quorum, count);
    return std::max(quorum, std::min(step.quorum, 2));
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
                        std::optional<int> quorum) {
  return Expander(workflow, role_members, members, quorum).expand();
}

}  // namespace plenum::workflow
