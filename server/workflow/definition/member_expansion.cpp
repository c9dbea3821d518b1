#include "server/workflow/definition/member_expansion.h"

#include <algorithm>
#include <map>
#include <set>

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
      const std::set<std::size_t> excluded_members = excluded_from(step);
      for (std::size_t member = 0; member < (step.each == Each::no ? 1 : members_); ++member) {
        const bool excluded = excluded_members.contains(member);
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
  Step part_of(const Step& step, std::size_t member) const {
    Step made = step;
    if (step.each != Each::no) made.role = static_cast<int>(from_.roles.size() + member);
    made.inputs = all(step.inputs);
    if (quorum_) set_quorum(made);
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
  // one answer is not merged or ranked. A step that has its quorum waits for no other member.
  void set_quorum(Step& step) const {
    std::map<std::string, int> parts;
    for (const StepInput& input : step.inputs) {
      if (input.list && !input.optional) ++parts[input.output];
    }
    if (parts.empty()) return;
    int quorum = *quorum_;
    for (const auto& [binding, count] : parts) quorum = std::min(quorum, count);
    step.quorum = std::max(quorum, std::min(step.quorum, 2));
    step.start = StartPolicy::quorum;
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
