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
        const bool left_out = step.except_role && role_members_[static_cast<std::size_t>(*step.except_role)] == member;
        parts.push_back(left_out ? std::nullopt : std::optional(to_.steps.size()));
        if (!left_out) to_.steps.push_back(part_of(step, member));
      }
      parts_.push_back(std::move(parts));
    }
    to_.answer_needs = all(from_.answer_needs);
    if (to_.review) to_.review->step = *part(to_.review->step, 0);
    if (to_.synthesis) to_.synthesis->step = *part(to_.synthesis->step, 0);
    return std::move(to_);
  }

 private:
  // The step as one member runs it; as it is when it is run once.
  Step part_of(const Step& step, std::size_t member) const {
    Step made = step;
    if (step.each != Each::no) made.role = static_cast<int>(from_.roles.size() + member);
    made.needs = all(step.needs);
    if (quorum_) made.quorum = quorum_of(made);
    if (step.when) made.when->step = *part(step.when->step, 0);
    if (step.rebinds) made.rebinds = part(*step.rebinds, member);
    if (step.each_of) made.own = part(*step.each_of, member);
    made.after.clear();
    if (made.rebinds) made.after.push_back(*made.rebinds);
    if (made.when) made.after.push_back(made.when->step);
    if (made.own) made.after.push_back(*made.own);
    for (const Need& need : made.needs) made.after.push_back(need.step);
    std::sort(made.after.begin(), made.after.end());
    made.after.erase(std::unique(made.after.begin(), made.after.end()), made.after.end());
    return made;
  }

  // What the task asks for, as far as the step's lists can have it at all. One answer alone is never joined
  // or ranked where the file asks for two.
  int quorum_of(const Step& step) const {
    std::map<std::string, int> parts;
    for (const Need& need : step.needs) {
      if (need.list && !need.optional) ++parts[need.binding];
    }
    if (parts.empty()) return step.quorum;
    int quorum = *quorum_;
    for (const auto& [binding, count] : parts) quorum = std::min(quorum, count);
    return std::max(quorum, std::min(step.quorum, 2));
  }

  std::vector<Need> all(const std::vector<Need>& needs) const {
    std::vector<Need> found;
    for (const Need& need : needs) {
      const bool list = from_.steps[need.step].each != Each::no;
      for (const auto& step : parts_[need.step]) {
        if (step) found.push_back({need.binding, *step, list, need.optional});
      }
    }
    return found;
  }

  // What was made of a step of the file: for this member, or the one that there is.
  std::optional<StepIndex> part(StepIndex step, std::size_t member) const {
    return parts_[step][from_.steps[step].each == Each::no ? 0 : member];
  }

  const Workflow& from_;
  const std::span<const std::size_t> role_members_;
  const std::size_t members_;
  const std::optional<int> quorum_;
  Workflow to_;
  std::vector<std::vector<std::optional<StepIndex>>> parts_;  // for each step of the file; absent: excluded
};

}  // namespace

std::size_t expanded_steps(const Workflow& workflow, std::size_t members) {
  std::size_t steps = 0;
  for (const Step& step : workflow.steps) steps += step.each == Each::no ? 1 : members;
  return steps;
}

Workflow expand(const Workflow& workflow, std::span<const std::size_t> role_members, std::size_t members,
                std::optional<int> quorum) {
  return Expander(workflow, role_members, members, quorum).expand();
}

}  // namespace plenum::workflow
