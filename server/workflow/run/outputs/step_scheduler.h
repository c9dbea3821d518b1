// Decides which steps of a workflow may start. Pure: no thread, clock or provider.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// Not thread-safe: one scheduler per run.
class StepScheduler {
 public:
  // Steps of rounds after rounds_max, steps that require a higher search mode, and auxiliary steps of a search that
  // needs none are dropped at once.
  explicit StepScheduler(std::shared_ptr<const Workflow> workflow, int rounds_max = std::numeric_limits<int>::max(),
                         SearchMode search = SearchMode::none, bool needs_query = true);

  // A step is dropped when its condition does not hold, when no step that binds one of its inputs ran,
  // when a list that it reads has fewer outputs than its quorum, when its member failed earlier, or when
  // an earlier step of its group of rounds failed.
  enum class StepState : std::uint8_t { waiting, ready, running, ended, dropped };
  StepState state(StepIndex step) const { return states_[step]; }
  // Ended, or dropped with everything that it waits for: steps that depend on it no longer wait for it.
  bool is_settled(StepIndex step) const { return settled_[step]; }
  // The steps that are settled before this one: `Step::after`, and for a step that was dropped at the start only the
  // earlier binding of its name.
  const std::vector<StepIndex>& dependencies(StepIndex step) const { return dependencies_[step]; }
  // Neither ended nor dropped.
  bool is_pending(StepIndex step) const {
    return states_[step] != StepState::ended && states_[step] != StepState::dropped;
  }

  // Steps that may start now, in workflow order.
  const std::set<StepIndex>& ready() const { return ready_; }
  // The step must be ready.
  void start(StepIndex step);
  // The step must be running. Steps that waited for this one alone become ready or are dropped.
  void end(StepIndex step, StepOutcome outcome);
  // Drops the step unless it has started. Must be called before end() of the steps that it waits for.
  void drop(StepIndex step);
  // No further round of the group starts.
  void end_rounds(int group) { group_over_[static_cast<std::size_t>(group)] = true; }

  // The step itself if it ended, else the latest step before it that binds the same name and ended.
  std::optional<StepIndex> latest(StepIndex step) const;
  // The latest step that binds the name ended with an output.
  bool has_output(StepIndex step) const;
  // Running steps whose output can no longer affect the result: every other step is over, and all that
  // read these started at their quorum. Empty while any step still waits for one of them.
  std::vector<StepIndex> stragglers() const;

  bool done() const { return ended_ == total_; }
  int total() const { return total_; }  // steps that are not dropped; never grows
  int ended() const { return ended_; }

 private:
  // How outputs are counted: `settled` ignores an earlier round's output in place of a step that still runs.
  enum class Counted : std::uint8_t { all, settled };
  void make_ready(StepIndex step);
  void settle(StepIndex step);
  // Drops or starts a step whose last dependency is settled. True when the step is settled by that.
  bool decide(StepIndex step);
  bool may_run(const Step& step) const;
  bool lists_are_full(const Step& step, Counted counted) const;
  bool may_start_early(StepIndex step) const;
  bool optional_lists_are_ready(const Step& step) const;

  std::shared_ptr<const Workflow> workflow_;
  std::vector<StepState> states_;
  std::vector<std::vector<StepIndex>> dependencies_;
  std::vector<std::size_t> waits_for_;            // number of unsettled dependencies
  std::vector<std::vector<StepIndex>> waiters_;   // the reverse of the dependencies
  std::vector<bool> settled_;                     // ended, or dropped with everything it waits for
  std::vector<std::optional<StepIndex>> latest_;  // result of latest() for a settled step
  std::vector<StepOutcome> outcomes_;
  std::vector<bool> group_over_;
  std::set<StepIndex> ready_;
  int total_ = 0, ended_ = 0;
};

}  // namespace plenum::workflow
