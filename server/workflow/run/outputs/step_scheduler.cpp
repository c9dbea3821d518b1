#include "server/workflow/run/outputs/step_scheduler.h"

#include <algorithm>
#include <utility>

namespace plenum::workflow {

StepScheduler::StepScheduler(std::shared_ptr<const Workflow> workflow, int rounds_max, SearchMode search,
                             bool needs_query)
    : workflow_(std::move(workflow)) {
  const std::vector<Step>& steps = workflow_->steps;
  states_.assign(steps.size(), StepState::waiting);
  waits_for_.resize(steps.size());
  waiters_.resize(steps.size());
  settled_.assign(steps.size(), false);
  latest_.resize(steps.size());
  outcomes_.assign(steps.size(), StepOutcome::output);
  group_over_.assign(static_cast<std::size_t>(workflow_->groups), false);
  total_ = static_cast<int>(steps.size());
  for (StepIndex i = 0; i < steps.size(); ++i) {
    std::vector<StepIndex> after = steps[i].after;
    const bool unneeded = steps[i].kind->is_auxiliary && steps[i].kind->part_of_search && !needs_query;
    if (steps[i].round > rounds_max || steps[i].enabled_by > search || unneeded) {
      drop(i);
      // It never runs: it only passes on the earlier output of its name, and readers with a quorum wait for that.
      after.clear();
      if (steps[i].supersedes) after.push_back(*steps[i].supersedes);
    }
    waits_for_[i] = after.size();
    for (const StepIndex earlier : after) waiters_[earlier].push_back(i);
    dependencies_.push_back(std::move(after));
  }
  for (StepIndex i = 0; i < steps.size(); ++i) {
    if (waits_for_[i] > 0 || settled_[i] || states_[i] == StepState::ready) continue;
    if (states_[i] == StepState::dropped) {
      settle(i);
    } else {
      make_ready(i);
    }
  }
}

void StepScheduler::make_ready(StepIndex step) {
  states_[step] = StepState::ready;
  ready_.insert(step);
}

void StepScheduler::start(StepIndex step) {
  ready_.erase(step);
  states_[step] = StepState::running;
}

void StepScheduler::end(StepIndex step, StepOutcome outcome) {
  states_[step] = StepState::ended;
  outcomes_[step] = outcome;
  ++ended_;
  const Step& facts = workflow_->steps[step];
  // When one member of an every-member step fails, the round continues with the others.
  const bool alone = facts.each == Each::no;
  if (outcome == StepOutcome::failed && facts.group && alone) end_rounds(*facts.group);
  settle(step);
}

void StepScheduler::drop(StepIndex step) {
  // It still waits for its dependencies and is settled after them: see settle().
  if (states_[step] != StepState::waiting) return;
  states_[step] = StepState::dropped;
  --total_;
}

bool StepScheduler::has_output(StepIndex step) const {
  const auto last = latest(step);
  return last && outcomes_[*last] != StepOutcome::failed;
}

std::vector<StepIndex> StepScheduler::stragglers() const {
  std::vector<StepIndex> running;
  for (StepIndex i = 0; i < states_.size(); ++i) {
    if (states_[i] == StepState::waiting || states_[i] == StepState::ready) return {};
    if (states_[i] != StepState::running) continue;
    const bool passed_over = std::any_of(waiters_[i].begin(), waiters_[i].end(), [this](StepIndex waiter) {
      return workflow_->steps[waiter].start == StartPolicy::quorum && states_[waiter] == StepState::ended;
    });
    if (!passed_over) return {};
    running.push_back(i);
  }
  return running;
}

std::optional<StepIndex> StepScheduler::latest(StepIndex step) const {
  std::optional<StepIndex> at = step;
  while (at && !settled_[*at]) at = workflow_->steps[*at].supersedes;
  return at ? latest_[*at] : std::nullopt;
}

// A dropped step is settled only after its dependencies; otherwise a step that reads its name could
// start before an earlier binding of that name has ended.
void StepScheduler::settle(StepIndex first) {
  std::vector<StepIndex> pending{first};
  while (!pending.empty()) {
    const StepIndex step = pending.back();
    pending.pop_back();
    // latest() still returns the earlier binding here: the step is not marked as settled yet.
    latest_[step] = states_[step] == StepState::ended ? std::optional(step) : latest(step);
    settled_[step] = true;
    for (const StepIndex waiter : waiters_[step]) {
      if (--waits_for_[waiter] == 0) {
        if (decide(waiter)) pending.push_back(waiter);
        continue;
      }
      // The quorum is compared first: with 50 members that saves 24 of 25 list counts.
      const Step& waits = workflow_->steps[waiter];
      const auto already_settled = static_cast<int>(waits.after.size() - waits_for_[waiter]);
      const bool at_quorum = waits.start == StartPolicy::quorum && already_settled >= waits.quorum;
      if (states_[waiter] == StepState::waiting && at_quorum && may_start_early(waiter)) make_ready(waiter);
    }
  }
}

bool StepScheduler::decide(StepIndex step) {
  if (states_[step] == StepState::waiting) {
    if (may_run(workflow_->steps[step])) {
      make_ready(step);
      return false;
    }
    drop(step);
  }
  return states_[step] == StepState::dropped;  // otherwise it started at its quorum
}

bool StepScheduler::may_run(const Step& step) const {
  if (step.group && group_over_[static_cast<std::size_t>(*step.group)]) return false;
  if (step.own && !has_output(*step.own)) return false;
  for (const StepInput& need : step.inputs) {
    if (need.optional) continue;
    if (!need.list && !latest(need.step)) return false;
    // Other missing outputs leave their section of the prompt empty.
    if (workflow_->steps[need.step].kind->required_input && !has_output(need.step)) return false;
  }
  if (!lists_are_full(step, Counted::all)) return false;
  if (!step.when) return true;
  const auto review = latest(step.when->step);
  if (!review || outcomes_[*review] == StepOutcome::failed) return false;
  return (outcomes_[*review] == StepOutcome::review_with_issues) == step.when->issues_found;
}

// Every list that the step reads has at least `quorum` outputs. The parts of a list are adjacent. For a
// step without lists, the quorum applies to its inputs together.
bool StepScheduler::lists_are_full(const Step& step, Counted counted) const {
  const auto& needs = step.inputs;
  const auto outputs_of = [&](const StepInput& need) {
    return has_output(need.step) && (counted == Counted::all || settled_[need.step]) ? 1 : 0;
  };
  if (std::none_of(needs.begin(), needs.end(), [](const StepInput& need) { return need.list && !need.optional; })) {
    int outputs = 0;
    for (const StepInput& need : needs) outputs += need.optional ? 0 : outputs_of(need);
    return step.quorum <= 1 || outputs >= step.quorum;
  }
  for (std::size_t i = 0; i < needs.size();) {
    if (!needs[i].list || needs[i].optional) {
      ++i;
      continue;
    }
    const std::string& binding = needs[i].output;
    int outputs = 0;
    for (; i < needs.size() && needs[i].output == binding; ++i) outputs += outputs_of(needs[i]);
    if (outputs < step.quorum) return false;
  }
  return true;
}

// Everything but parts of lists is settled, and the lists have their quorum.
bool StepScheduler::may_start_early(StepIndex step) const {
  const Step& facts = workflow_->steps[step];
  const auto missing_parts = std::count_if(facts.inputs.begin(), facts.inputs.end(), [&](const StepInput& need) {
    return need.list && !settled_[need.step] && facts.own != need.step;
  });
  return static_cast<std::size_t>(missing_parts) == waits_for_[step] && lists_are_full(facts, Counted::settled) &&
         optional_lists_are_ready(facts) && may_run(facts);
}

// Every optional list has its quorum as well, or nothing more to come.
bool StepScheduler::optional_lists_are_ready(const Step& step) const {
  const auto& needs = step.inputs;
  for (std::size_t i = 0; i < needs.size();) {
    const std::string& output = needs[i].output;
    const bool counts = needs[i].list && needs[i].optional;
    int outputs = 0, unsettled = 0;
    for (; i < needs.size() && needs[i].output == output; ++i) {
      if (!settled_[needs[i].step]) {
        ++unsettled;
      } else if (has_output(needs[i].step)) {
        ++outputs;
      }
    }
    if (counts && unsettled > 0 && outputs < step.quorum) return false;
  }
  return true;
}

}  // namespace plenum::workflow
