// Outputs of a run's finished steps, and everything parsed from them. Pure; not thread-safe: one per run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/event.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/state/step_scheduler.h"

namespace plenum::workflow {

struct StepOutput {
  std::optional<ChunkCompleted> completed;  // as emitted; absent until the step has ended
  std::shared_ptr<const EventSource> source;
  AssignedMember member;               // the member that completed it
  std::vector<Receipt> attempts;       // failed attempts before the last one
  std::optional<ParsedOutput> parsed;  // absent unless the text is complete
  // Ranking: the steps whose outputs the prompt listed, in that order.
  std::vector<StepIndex> label_order;
};

class StepOutputs {
 public:
  // The assignment must outlive the outputs.
  explicit StepOutputs(const Assignment& assignment);

  const Assignment& assignment() const { return assignment_; }
  const std::vector<Step>& steps() const { return assignment_.workflow->steps; }
  const StepOutput& of(StepIndex step) const { return outputs_[step]; }
  // `<step id>:<member id>`.
  const std::string& chunk_name(StepIndex step) const { return names_[step]; }
  std::optional<StepIndex> step_named(std::string_view chunk_name) const;
  // Finished steps in the order in which they ended.
  const std::vector<StepIndex>& finished() const { return finished_; }
  // Reasons why the result is degraded.
  const std::vector<std::string>& reasons() const { return reasons_; }

  // The latest output under the step's name. Null when there is none, and when a failed step of its kind
  // makes older ones out of date.
  const StepOutput* latest_with_output(StepIndex step, const StepScheduler& scheduler) const;
  // The steps whose outputs a ranking prompt listed for these members; fewer when one is not found.
  std::vector<StepIndex> resolve_label_order(StepIndex ranking, const std::vector<std::string>& members,
                                             const StepScheduler& scheduler) const;
  // Mean similarity of this round's outputs with those of the round before, over the members; absent until
  // the last output of the round has arrived, and when nothing can be compared.
  std::optional<double> round_similarity(StepIndex step) const;
  // Every finished chunk failed because the provider rejected the key.
  bool all_keys_rejected() const;

  void add_failed_attempt(StepIndex step, Receipt receipt) { outputs_[step].attempts.push_back(std::move(receipt)); }
  // Stores the end of a step, once per step, with everything parsed from its text.
  StepOutcome finish(StepIndex step, ChunkCompleted completed, std::shared_ptr<const EventSource> source,
                     AssignedMember member, const StepScheduler& scheduler);
  void degrade(std::string reason) { reasons_.push_back(std::move(reason)); }

 private:
  StepOutcome parse(StepIndex step, const StepScheduler& scheduler);
  std::vector<std::string> members_of(const std::vector<StepIndex>& steps) const;

  const Assignment& assignment_;
  std::vector<std::string> names_;  // for each step
  std::map<std::string, StepIndex, std::less<>> by_name_;
  std::vector<StepOutput> outputs_;  // for each step
  std::vector<StepIndex> finished_;
  std::vector<std::string> reasons_;
};

// The parts of the list that a ranking step ranks: its first input.
std::vector<StepIndex> ranked_parts(const Step& ranking);

}  // namespace plenum::workflow
