#include "server/workflow/run/plan.h"

#include <algorithm>
#include <utility>

namespace plenum::workflow {

namespace {
constexpr int not_over = -2;
}  // namespace

Plan::Plan(std::shared_ptr<const Workflow> workflow, int rounds_max, SearchMode wish)
    : workflow_(std::move(workflow)), rounds_max_(rounds_max) {
  const std::size_t count = workflow_->steps.size();
  states_.assign(count, StepState::waiting);
  waits_for_.resize(count);
  waiters_.resize(count);
  latest_.assign(count, not_over);
  outcomes_.assign(count, StepOutcome::output);
  group_over_.assign(index(workflow_->groups), false);
  total_ = static_cast<int>(count);
  for (std::size_t i = 0; i < count; ++i) {
    waits_for_[i] = static_cast<int>(workflow_->steps[i].after.size());
    for (const int earlier : workflow_->steps[i].after) waiters_[index(earlier)].push_back(static_cast<int>(i));
    if (workflow_->steps[i].round > rounds_max_ || workflow_->steps[i].only > wish) {
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
  // One member of many that fails drops out alone; its round goes on.
  const bool alone = facts.each == Each::no;
  if (outcome == StepOutcome::failed && facts.group && alone) group_over_[index(*facts.group)] = true;
  over(step);
}

void Plan::drop(int step) {
  // It still waits for something, and is over when that is: see over().
  if (states_[index(step)] != StepState::waiting) return;
  states_[index(step)] = StepState::dropped;
  --total_;
}

bool Plan::gave_output(int step) const {
  const int last = latest(step);
  return last >= 0 && outcomes_[index(last)] != StepOutcome::failed;
}

std::vector<int> Plan::stragglers() const {
  std::vector<int> running;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] == StepState::waiting || states_[i] == StepState::ready) return {};
    if (states_[i] != StepState::running) continue;
    const auto& waiters = waiters_[i];
    const bool passed_over = std::any_of(waiters.begin(), waiters.end(), [this](int waiter) {
      return workflow_->steps[index(waiter)].start == StartPolicy::quorum && states_[index(waiter)] == StepState::ended;
    });
    if (!passed_over) return {};
    running.push_back(static_cast<int>(i));
  }
  return running;
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
      StepState& state = states_[index(waiter)];
      const Step& waits = workflow_->steps[index(waiter)];
      if (--waits_for_[index(waiter)] > 0) {
        // Before that many are over there is nothing to look at: with 50 members that spares 24 looks in 25.
        const int already_over = static_cast<int>(waits.after.size()) - waits_for_[index(waiter)];
        const bool at_quorum = waits.start == StartPolicy::quorum && already_over >= waits.quorum;
        if (state == StepState::waiting && at_quorum && may_start_early(waiter)) {
          state = StepState::ready;
          ready_.push_back(waiter);
        }
        continue;
      }
      if (state == StepState::waiting && wanted(waits)) {
        state = StepState::ready;
        ready_.push_back(waiter);
        continue;
      }
      if (state != StepState::waiting && state != StepState::dropped) continue;  // it started at its quorum
      if (state == StepState::waiting) --total_;
      state = StepState::dropped;
      just_over.push_back(waiter);
    }
  }
}

bool Plan::wanted(const Step& step) const {
  if (step.group && group_over_[index(*step.group)]) return false;
  if (step.own && !gave_output(*step.own)) return false;
  for (const Need& need : step.needs) {
    if (need.optional) continue;
    if (!need.list && latest(need.step) < 0) return false;
    // Without a find there is nothing to go on from; other outputs may be missing, and their sections stay closed.
    if (workflow_->steps[index(need.step)].form == OutputForm::search && !gave_output(need.step)) return false;
  }
  if (!lists_are_full(step, Counted::all)) return false;
  if (!step.when) return true;
  const int asked = latest(step.when->step);
  if (asked < 0 || outcomes_[index(asked)] == StepOutcome::failed) return false;
  return (outcomes_[index(asked)] == StepOutcome::review_with_issues) == step.when->issues_found;
}

// Every list that the step needs has as many outputs as it asks for. The parts of a list stand together.
// A step without lists asks for as many of its needs, if for more than one. Counted::over leaves out what
// the round before gave in place of a part that still runs.
bool Plan::lists_are_full(const Step& step, Counted counted) const {
  const auto& needs = step.needs;
  const auto gives = [&](const Need& need) {
    return gave_output(need.step) && (counted == Counted::all || latest_[index(need.step)] != not_over) ? 1 : 0;
  };
  if (std::none_of(needs.begin(), needs.end(), [](const Need& need) { return need.list && !need.optional; })) {
    int outputs = 0;
    for (const Need& need : needs) outputs += need.optional ? 0 : gives(need);
    return step.quorum <= 1 || outputs >= step.quorum;
  }
  for (std::size_t i = 0; i < needs.size();) {
    if (!needs[i].list || needs[i].optional) {
      ++i;
      continue;
    }
    const std::string& binding = needs[i].binding;
    int outputs = 0;
    for (; i < needs.size() && needs[i].binding == binding; ++i) outputs += gives(needs[i]);
    if (outputs < step.quorum) return false;
  }
  return true;
}

// All but parts of lists are over, and the lists have their quorum.
bool Plan::may_start_early(int step) const {
  const Step& facts = workflow_->steps[index(step)];
  const auto missing_parts = std::count_if(facts.needs.begin(), facts.needs.end(), [&](const Need& need) {
    return need.list && latest_[index(need.step)] == not_over && facts.own != need.step;
  });
  return missing_parts == waits_for_[index(step)] && lists_are_full(facts, Counted::over) && wanted(facts);
}

}  // namespace plenum::workflow
