// Which steps are ready: pure, without thread, clock or pointer to the engine.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// What a step that ended leaves behind.
enum class StepOutcome : std::uint8_t { output, review_with_issues, failed };

// Not thread-safe: one plan per run.
class Plan {
 public:
  // Steps of rounds after rounds_max, and those for which more search must be wanted, are dropped at once.
  explicit Plan(std::shared_ptr<const Workflow> workflow, int rounds_max = std::numeric_limits<int>::max(),
                SearchMode wish = SearchMode::none);

  enum class StepState : std::uint8_t { waiting, ready, running, ended, dropped };

  // Steps that may start now, in the order of the workflow; each is told once and counts as running.
  std::vector<int> take_ready();
  // A running step has ended. Steps whose last reason to wait it was are decided now: ready or dropped.
  void step_ended(int step, StepOutcome outcome);

  // A step is dropped when its condition does not hold, when nothing that binds one of its needs ran,
  // when a list that it needs has fewer outputs than its quorum, when its member dropped out, or when
  // an earlier step of its group of rounds failed.
  StepState state(int step) const { return states_[index(step)]; }
  // The step leaves the plan if it has not begun. Call it before step_ended of what it waits for.
  void drop(int step);
  // No further round of the group begins.
  void end_rounds(int group) { group_over_[index(group)] = true; }

  // The step itself if it ended, else the latest before it that binds the same name and ended, else -1.
  int latest(int step) const;

  // The latest step that binds the name has ended with an output.
  bool gave_output(int step) const;
  // The steps that still run when everything else is over, if others went on at their quorum without
  // them: nobody waits for these any more. Empty as long as somebody does.
  std::vector<int> stragglers() const;

  bool done() const { return ended_ == total_; }
  int total() const { return total_; }  // steps that are not dropped; never grows
  int ended() const { return ended_; }

 private:
  static std::size_t index(int step) { return static_cast<std::size_t>(step); }
  void over(int step);
  bool wanted(const Step& step) const;
  enum class Counted : std::uint8_t { all, over };
  bool lists_are_full(const Step& step, Counted counted) const;
  bool may_start_early(int step) const;

  std::shared_ptr<const Workflow> workflow_;
  int rounds_max_;
  std::vector<StepState> states_;
  std::vector<int> waits_for_;             // how many steps of `after` are not over
  std::vector<std::vector<int>> waiters_;  // the same arrows the other way
  std::vector<int> latest_;                // what latest() says of a step that is over
  std::vector<StepOutcome> outcomes_;
  std::vector<bool> group_over_;
  std::vector<int> ready_;
  int total_ = 0, ended_ = 0;
};

}  // namespace plenum::workflow
