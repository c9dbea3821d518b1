#include "server/workflow/run/state/estimate.h"

#include <algorithm>
#include <vector>

namespace plenum::workflow {

namespace {

using StepState = StepScheduler::StepState;

// The times at which steps start and end, in seconds from now, in the order of the workflow.
class Schedule {
 public:
  Schedule(std::span<const Step> steps, const StepScheduler& scheduler) : steps_(steps), scheduler_(scheduler) {
    start_.resize(steps.size());
    end_.resize(steps.size());
    passed_over_.resize(steps.size());
  }

  //   seconds  that the step still takes once it has started
  void add(StepIndex step, double seconds) {
    const StepState state = scheduler_.state(step);
    if (state == StepState::waiting || state == StepState::dropped) start_[step] = start_of(step);
    if (state != StepState::ended) end_[step] = start_[step] + seconds;
    if (state == StepState::dropped || steps_[step].start != StartPolicy::quorum) return;
    for (const StepIndex before : scheduler_.dependencies(step)) {
      passed_over_[before] = passed_over_[before] || end_[before] > start_[step];
    }
  }

  // A step that all others have passed over is closed as a straggler.
  double end() const {
    double last = 0;
    for (StepIndex step = 0; step < end_.size(); ++step) {
      if (!passed_over_[step]) last = std::max(last, end_[step]);
    }
    return last;
  }

 private:
  double start_of(StepIndex step) const {
    const Step& facts = steps_[step];
    const bool early = facts.start != StartPolicy::all && scheduler_.state(step) != StepState::dropped;
    double start = 0;
    for (const StepIndex before : scheduler_.dependencies(step)) {
      if (!early || !is_list_item(facts, before)) start = std::max(start, end_[before]);
    }
    return early ? std::max(start, quorum_of(facts)) : start;
  }

  // The item of the step's own member is waited for.
  static bool is_list_item(const Step& step, StepIndex before) {
    return step.own != before && std::any_of(step.inputs.begin(), step.inputs.end(), [&](const StepInput& input) {
             return input.list && input.step == before;
           });
  }

  // When every list has its quorum of outputs.
  double quorum_of(const Step& step) const {
    double when = 0;
    for (auto item = step.inputs.begin(); item != step.inputs.end();) {
      std::vector<double> ends;
      const auto list = item;
      for (; item != step.inputs.end() && item->output == list->output; ++item) {
        if (item->list && may_have_output(item->step)) ends.push_back(end_[item->step]);
      }
      if (ends.empty()) continue;
      std::size_t required = static_cast<std::size_t>(std::max(step.quorum, 1));
      if (step.start == StartPolicy::all_but_one) required = std::max(required, ends.size() - 1);
      const std::size_t place = std::min(ends.size(), required) - 1;
      std::nth_element(ends.begin(), ends.begin() + static_cast<std::ptrdiff_t>(place), ends.end());
      when = std::max(when, ends[place]);
    }
    return when;
  }

  bool may_have_output(StepIndex step) const { return !scheduler_.is_settled(step) || scheduler_.has_output(step); }

  std::span<const Step> steps_;
  const StepScheduler& scheduler_;
  std::vector<double> start_, end_;
  std::vector<bool> passed_over_;  // a step that reads it starts before it ends
};

}  // namespace

RemainingEstimate estimate_remaining(std::span<const Step> steps, const StepScheduler& scheduler,
                                     std::span<const std::optional<StepEstimate>> expected,
                                     std::span<const StepFigures> so_far) {
  if (expected.size() != steps.size()) return {};
  RemainingEstimate remaining;
  Schedule schedule(steps, scheduler);
  bool time_known = true, usd_known = true;
  double usd = 0;
  for (StepIndex i = 0; i < steps.size(); ++i) {
    if (!scheduler.is_pending(i)) {
      schedule.add(i, 0);
      continue;
    }
    remaining.any_pending = true;
    if (!expected[i]) return {};
    const StepEstimate& step = *expected[i];
    const bool runs = scheduler.state(i) == StepState::running;
    const double probability = runs ? 1 : step.probability;
    const StepFigures past = runs ? so_far[i] : StepFigures{};
    schedule.add(i, std::max(probability * step.seconds.value_or(0) - past.seconds, 0.0));
    time_known = time_known && step.seconds;
    usd_known = usd_known && step.usd;
    usd += std::max(probability * step.usd.value_or(0) - past.usd, 0.0);
    remaining.from_history = remaining.from_history && step.from_history;
  }
  if (time_known) remaining.seconds = schedule.end();
  if (usd_known) remaining.usd = usd;
  return remaining;
}

}  // namespace plenum::workflow
