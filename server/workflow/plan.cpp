#include "server/workflow/plan.h"

#include <algorithm>
#include <utility>

namespace plenum::workflow {

namespace {
constexpr int not_over = -2;
}  // namespace

Plan::Plan(std::shared_ptr<const Workflow> workflow, int rounds_max)
    : workflow_(std::move(workflow)), rounds_max_(rounds_max) {
  const std::size_t count = workflow_->steps.size();
  states_.assign(count, StepState::waiting);
  waits_for_.resize(count);
  waiters_.resize(count);
  latest_.assign(count, not_over);
  outcomes_.assign(count, StepOutcome::output);
  group_failed_.assign(index(workflow_->groups), false);
  total_ = static_cast<int>(count);
  for (std::size_t i = 0; i < count; ++i) {
    waits_for_[i] = static_cast<int>(workflow_->steps[i].after.size());
    for (const int earlier : workflow_->steps[i].after) waiters_[index(earlier)].push_back(static_cast<int>(i));
    if (workflow_->steps[i].round > rounds_max_) {
      states_[i] = StepState::dropped;
      --total_;
    }
  }
  // Steps that wait for nothing; what they drop is settled on the way.
  for (std::size_t i = 0; i < count; ++i) {
    if (!workflow_->steps[i].after.empty()) continue;
    if (states_[i] == StepState::dropped) {
      over(static_cast<int>(i));
    } else {
      states_[i] = StepState::ready;
      ready_.push_back(static_cast<int>(i));
    }
  }
}

std::vector<int> Plan::take_ready() {
  std::vector<int> taken = std::exchange(ready_, {});
  std::sort(taken.begin(), taken.end());
  for (const int step : taken) states_[index(step)] = StepState::running;
  return taken;
}

void Plan::step_ended(int step, StepOutcome outcome) {
  states_[index(step)] = StepState::ended;
  outcomes_[index(step)] = outcome;
  ++ended_;
  const Step& facts = workflow_->steps[index(step)];
  if (outcome == StepOutcome::failed && facts.group) group_failed_[index(*facts.group)] = true;
  over(step);
}

int Plan::latest(int step) const {
  while (step >= 0 && latest_[index(step)] == not_over) step = workflow_->steps[index(step)].rebinds.value_or(-1);
  return step < 0 ? -1 : latest_[index(step)];
}

// The step is ended or dropped: whoever waited for it alone is decided, and so on. A step that will be
// dropped still waits for what stands before it; otherwise what needs its name could start too early.
void Plan::over(int first) {
  std::vector<int> just_over{first};
  while (!just_over.empty()) {
    const int step = just_over.back();
    just_over.pop_back();
    // Still not over: latest() speaks of whoever bound the name before.
    latest_[index(step)] = states_[index(step)] == StepState::ended ? step : latest(step);
    for (const int waiter : waiters_[index(step)]) {
      if (--waits_for_[index(waiter)] > 0) continue;
      StepState& state = states_[index(waiter)];
      if (state == StepState::waiting && wanted(workflow_->steps[index(waiter)])) {
        state = StepState::ready;
        ready_.push_back(waiter);
        continue;
      }
      if (state == StepState::waiting) --total_;
      state = StepState::dropped;
      just_over.push_back(waiter);
    }
  }
}

bool Plan::wanted(const Step& step) const {
  if (step.group && group_failed_[index(*step.group)]) return false;
  for (const Need& need : step.needs) {
    if (latest(need.step) < 0) return false;
  }
  if (!step.when) return true;
  const int asked = latest(step.when->step);
  if (asked < 0 || outcomes_[index(asked)] == StepOutcome::failed) return false;
  return (outcomes_[index(asked)] == StepOutcome::review_with_issues) == step.when->issues_found;
}

}  // namespace plenum::workflow
