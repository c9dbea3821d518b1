#include "server/workflow/run/outputs/step_scheduler.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace plenum::workflow {

StepScheduler::StepScheduler(std::shared_ptr<const Workflow> workflow, int rounds_max, SearchMode search,
                             std::optional<bool> verdict, bool needs_query)
    : workflow_(std::move(workflow)) {
  const std::vector<Step>& steps = workflow_->steps;
  states_.assign(steps.size(), StepState::waiting);
  waits_for_.resize(steps.size());
  waiters_.resize(steps.size());
  unneeding_.resize(steps.size());
  settled_.assign(steps.size(), false);
  latest_.resize(steps.size());
  outcomes_.assign(steps.size(), StepOutcome::output);
  rounds_end_.resize(static_cast<std::size_t>(workflow_->groups));
  total_ = static_cast<int>(steps.size());
  for (StepIndex i = 0; i < steps.size(); ++i) {
    std::vector<StepIndex> after = steps[i].after;
    const bool unneeded = steps[i].kind->is_auxiliary && steps[i].kind->part_of_search && !needs_query;
    const bool requested = steps[i].enabled_by <= search && is_requested(steps[i], verdict) && !unneeded;
    if (steps[i].round > rounds_max || steps[i].disabled || !requested) {
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
  started_early_ = started_early_ || waits_for_[step] > 0;
  read_lists(step);
  if (workflow_->steps[step].drops_late) drop_unread_parts(step);
}

void StepScheduler::restart(StepIndex step) { read_lists(step); }

void StepScheduler::read_lists(StepIndex step) {
  const Step& reader = workflow_->steps[step];
  const auto is_list = [](const StepInput& input) { return input.list; };
  if (std::none_of(reader.inputs.begin(), reader.inputs.end(), is_list)) return;
  auto& reads = reads_[step];
  reads.clear();
  reads.reserve(reader.inputs.size());
  for (const StepInput& input : reader.inputs) {
    reads.push_back(input.list ? readable(reader, input.step) : std::nullopt);
  }
}

std::optional<StepIndex> StepScheduler::readable(const Step& reader, StepIndex part) const {
  // An answer that its member is about to replace is not ranked.
  if (reader.kind->labels_first_input && !settled_[part]) return std::nullopt;
  return has_output(part) ? latest(part) : std::nullopt;
}

std::optional<StepIndex> StepScheduler::read_by(StepIndex reader, StepIndex part) const {
  const Step& step = workflow_->steps[reader];
  const auto reads = reads_.find(reader);
  if (reads == reads_.end()) return readable(step, part);
  const auto is_it = [&](const StepInput& input) { return input.list && input.step == part; };
  const auto input = std::find_if(step.inputs.begin(), step.inputs.end(), is_it);
  if (input == step.inputs.end()) return std::nullopt;
  return reads->second[static_cast<std::size_t>(input - step.inputs.begin())];
}

// The calls that would still produce an item of the lists that this step has started without.
void StepScheduler::drop_unread_parts(StepIndex reader) {
  for (const StepInput& input : workflow_->steps[reader].inputs) {
    if (!input.list || input.optional) continue;
    for (std::optional<StepIndex> at = input.step; at && !settled_[*at]; at = workflow_->steps[*at].supersedes) {
      dropped_late_.insert(*at);
    }
  }
}

void StepScheduler::end(StepIndex step, StepOutcome outcome, std::vector<StepIndex> shown) {
  states_[step] = StepState::ended;
  outcomes_[step] = outcome;
  reads_.erase(step);
  if (!shown.empty()) shown_[step] = std::move(shown);
  ++ended_;
  const Step& facts = workflow_->steps[step];
  // When one member of an every-member step fails, the round continues with the others.
  const bool alone = facts.each == Each::no;
  if (outcome == StepOutcome::failed && facts.group && alone) end_rounds(*facts.group, RoundsEnd::failed);
  settle(step);
}

void StepScheduler::end_rounds(int group, RoundsEnd why) {
  auto& end = rounds_end_[static_cast<std::size_t>(group)];
  if (!end) end = why;
}

bool StepScheduler::later_round_started(StepIndex step) const {
  const std::vector<Step>& steps = workflow_->steps;
  for (StepIndex i = step + 1; i < steps.size(); ++i) {
    if (steps[i].group == steps[step].group && steps[i].round > steps[step].round && has_started(i)) return true;
  }
  return false;
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
  if (!started_early_) return running;
  const auto is_running = [this](StepIndex step) { return states_[step] == StepState::running; };
  std::copy_if(dropped_late_.begin(), dropped_late_.end(), std::back_inserter(running), is_running);
  if (!running.empty()) return running;
  // The last steps first: most of the time one of them is pending and needed.
  for (StepIndex i = states_.size(); i-- > 0;) {
    if (is_pending(i) && is_needed(i)) return {};
    if (is_running(i)) running.push_back(i);
  }
  return running;
}

// Some step that reads this one's output has not started and is itself needed. What needs no output never will again,
// so that each waiter is passed over once; the last ones, near the end of the workflow, are looked at first.
bool StepScheduler::is_needed(StepIndex step) const {
  const std::vector<StepIndex>& waiters = waiters_[step];
  if (waiters.empty()) return true;  // the answer of the workflow may show it
  std::size_t& passed = unneeding_[step];
  const auto next = [&] { return waiters[waiters.size() - 1 - passed]; };
  // A step that never runs only passes on the output that it would have replaced.
  const auto reads_it = [&](StepIndex waiter) {
    if (has_started(waiter)) return false;
    if (states_[waiter] == StepState::dropped && workflow_->steps[waiter].supersedes != step) return false;
    return is_needed(waiter);
  };
  while (passed < waiters.size() && !reads_it(next())) ++passed;
  return passed < waiters.size();
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
    const bool missing = !workflow_->steps[step].late_of.empty() && outcomes_[step] == StepOutcome::failed;
    const bool binds = states_[step] == StepState::ended && !missing;
    latest_[step] = binds ? std::optional(step) : latest(step);
    settled_[step] = true;
    for (const StepIndex waiter : waiters_[step]) {
      if (--waits_for_[waiter] == 0) {
        if (decide(waiter)) pending.push_back(waiter);
        continue;
      }
      // The quorum is compared first: with 50 members that saves 24 of 25 list counts.
      const Step& waits = workflow_->steps[waiter];
      const auto already_settled = static_cast<int>(waits.after.size() - waits_for_[waiter]);
      const bool at_quorum = waits.start != StartPolicy::all && already_settled >= waits.quorum;
      if (states_[waiter] == StepState::waiting && at_quorum && may_start_early(waiter)) make_ready(waiter);
    }
  }
}

bool StepScheduler::decide(StepIndex step) {
  if (states_[step] == StepState::waiting) {
    if (may_run(workflow_->steps[step]) && (!started_early_ || is_needed(step))) {
      make_ready(step);
      return false;
    }
    drop(step);
  }
  return states_[step] == StepState::dropped;  // otherwise it started at its quorum
}

bool StepScheduler::may_run(const Step& step) const {
  if (step.group && rounds_end(*step.group)) return false;
  if (step.own && !has_output(*step.own)) return false;
  for (const StepInput& need : step.inputs) {
    if (need.optional) continue;
    if (!need.list && !latest(need.step)) return false;
    // Other missing outputs leave their section of the prompt empty.
    if (workflow_->steps[need.step].kind->required_input && !has_output(need.step)) return false;
  }
  if (!lists_are_full(step, Counted::all)) return false;
  if (!step.late_of.empty() && !has_late_items(step)) return false;
  if (!step.when) return true;
  const auto review = latest(step.when->step);
  if (!review || outcomes_[*review] == StepOutcome::failed) return false;
  return (outcomes_[*review] == StepOutcome::review_with_issues) == step.when->issues_found;
}

// The list has an output that the step before this one did not rank.
bool StepScheduler::has_late_items(const Step& step) const {
  const auto earlier = step.supersedes ? latest(*step.supersedes) : std::nullopt;
  const auto shown = earlier ? shown_.find(*earlier) : shown_.end();
  if (shown == shown_.end()) return false;
  const auto& known = shown->second;
  return std::any_of(step.inputs.begin(), step.inputs.end(), [&](const StepInput& input) {
    if (input.output != step.late_of || !has_output(input.step)) return false;
    return std::find(known.begin(), known.end(), *latest(input.step)) == known.end();
  });
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
  const auto is_missing = [&](const StepInput& need) {
    return need.list && !settled_[need.step] && facts.own != need.step;
  };
  const auto missing_parts = std::count_if(facts.inputs.begin(), facts.inputs.end(), is_missing);
  if (facts.start == StartPolicy::all_but_one && missing_parts > 1) return false;
  return static_cast<std::size_t>(missing_parts) == waits_for_[step] && lists_are_full(facts, Counted::settled) &&
         optional_lists_are_ready(facts) && may_run(facts) && (!started_early_ || is_needed(step));
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
