// Decides which steps of a workflow may start. Pure: no thread, clock or provider.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// Why a group starts no further round.
enum class RoundsEnd : std::uint8_t {
  converged,  // the outputs of a round repeat those of the round before
  failed,     // a step of a round failed
};

// Not thread-safe: one scheduler per run.
class StepScheduler {
 public:
  // Steps of rounds after rounds_max, steps that require a higher search mode, verdicts that are not requested, and
  // auxiliary steps of a search that needs none are dropped at once.
  //   verdict  the task option; absent: the default of each step
  explicit StepScheduler(std::shared_ptr<const Workflow> workflow, int rounds_max = std::numeric_limits<int>::max(),
                         SearchMode search = SearchMode::none, std::optional<bool> verdict = std::nullopt,
                         bool needs_query = true);

  // A step is dropped when its condition does not hold, when no step that binds one of its inputs ran,
  // when a list that it reads has fewer outputs than its quorum, when its member failed earlier, when
  // an earlier step of its group of rounds failed, or when all that read its output have started without it.
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
  // The running step is attempted again, and reads its lists again.
  void restart(StepIndex step);
  // The step must be running. Steps that waited for this one alone become ready or are dropped.
  //   shown  of a ranking: the steps whose outputs it has ranked
  void end(StepIndex step, StepOutcome outcome, std::vector<StepIndex> shown = {});
  // Drops the step unless it has started. Must be called before end() of the steps that it waits for.
  void drop(StepIndex step);
  // No further round of the group starts. The first reason counts.
  void end_rounds(int group, RoundsEnd why);
  std::optional<RoundsEnd> rounds_end(int group) const { return rounds_end_[static_cast<std::size_t>(group)]; }
  // Whether a step of a later round of the same group has started.
  bool later_round_started(StepIndex step) const;

  // The step itself if it ended, else the latest step before it that binds the same name and ended.
  std::optional<StepIndex> latest(StepIndex step) const;
  // The latest step that binds the name ended with an output.
  bool has_output(StepIndex step) const;
  // What the prompt of a step shows of one part of a list: the output that the part had when the current attempt of
  // the step started, so that follow-up calls show the same lists. For a step that has not started, the latest one.
  std::optional<StepIndex> read_by(StepIndex reader, StepIndex part) const;
  // Running steps whose output can no longer affect the result: every other step is over, and all that read these
  // started without them. Likewise, at once, those that a ranking drops which started without them.
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
  bool has_late_items(const Step& step) const;
  std::optional<StepIndex> readable(const Step& reader, StepIndex part) const;
  void read_lists(StepIndex step);
  void drop_unread_parts(StepIndex reader);
  bool has_started(StepIndex step) const {
    return states_[step] == StepState::running || states_[step] == StepState::ended;
  }
  bool is_needed(StepIndex step) const;

  std::shared_ptr<const Workflow> workflow_;
  std::vector<StepState> states_;
  std::vector<std::vector<StepIndex>> dependencies_;
  std::vector<std::size_t> waits_for_;            // number of unsettled dependencies
  std::vector<std::vector<StepIndex>> waiters_;   // the reverse of the dependencies
  std::vector<bool> settled_;                     // ended, or dropped with everything it waits for
  std::vector<std::optional<StepIndex>> latest_;  // result of latest() for a settled step
  std::vector<StepOutcome> outcomes_;
  std::vector<std::optional<RoundsEnd>> rounds_end_;  // for each group
  std::set<StepIndex> ready_;
  // For each running step with lists: the outputs that it reads of its inputs, in their order, if it reads one.
  std::map<StepIndex, std::vector<std::optional<StepIndex>>> reads_;
  std::map<StepIndex, std::vector<StepIndex>> shown_;  // by ended ranking
  std::set<StepIndex> dropped_late_;                   // steps that rankings have started without, for good
  bool started_early_ = false;                         // some step started before its lists were complete
  mutable std::vector<std::size_t> unneeding_;  // for each step: how many of its last waiters need no output of it
  int total_ = 0, ended_ = 0;
};

}  // namespace plenum::workflow
