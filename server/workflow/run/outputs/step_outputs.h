// Outputs of a run's finished steps, and everything parsed from them. Pure; not thread-safe: one per run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/protocol/event.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/outputs/step_scheduler.h"

namespace plenum::workflow {

struct StepOutput {
  std::optional<ChunkCompleted> completed;  // as emitted; absent until the step has ended
  std::shared_ptr<const EventSource> source;
  AssignedMember member;               // the member that completed it
  std::vector<Receipt> attempts;       // calls before the last one
  std::optional<ParsedOutput> parsed;  // absent unless the text is complete
  // Ranking and verdict: for each label, in alphabetical order, the step whose output the prompt showed under it;
  // nothing for a label that it did not show.
  std::vector<std::optional<StepIndex>> labeled;
};

class StepOutputs {
 public:
  // The assignment must outlive the outputs.
  //   trace_id  seeds the labels of answers
  StepOutputs(const Assignment& assignment, std::string trace_id);

  const Assignment& assignment() const { return assignment_; }
  const std::string& trace_id() const { return trace_id_; }
  const std::vector<Step>& steps() const { return assignment_.workflow->steps; }
  const StepOutput& of(StepIndex step) const { return outputs_[step]; }
  // `<step id>:<member id>`.
  const std::string& chunk_name(StepIndex step) const { return names_[step]; }
  // Identifies the text of the step's prompts: `<workflow version>/<step id>`, since the version is a hash of the file.
  std::string prompt_version(StepIndex step) const { return assignment_.workflow->version + '/' + steps()[step].id; }
  std::optional<StepIndex> step_named(std::string_view chunk_name) const;
  // Finished steps in the order in which they ended.
  const std::vector<StepIndex>& finished() const { return finished_; }
  // Reasons why the result is degraded.
  const std::vector<std::string>& reasons() const { return reasons_; }

  // The latest output under the step's name. Null when there is none, and when a failed step of its kind
  // makes older ones out of date.
  const StepOutput* latest_with_output(StepIndex step, const StepScheduler& scheduler) const;
  // The steps whose outputs a ranking prompt showed for these members; nothing for an empty name, and for a member
  // without an output.
  std::vector<std::optional<StepIndex>> resolve_labels(StepIndex ranking, const std::vector<std::string>& members,
                                                       const StepScheduler& scheduler) const;
  // What the text of the step is parsed with, once the prompt is known.
  ParseInput parse_input(StepIndex step, const std::vector<std::string>& label_order,
                         const StepScheduler& scheduler) const;
  // The text of a completed chunk, or the answer to its repair if that can be read.
  ParsedOutput parse(StepIndex step, const ChunkCompleted& completed, const StepScheduler& scheduler) const;
  // Mean similarity of the texts of the step's round with those that they replace, over the members; absent until
  // the last output of the round has arrived, and when nothing can be compared.
  std::optional<double> round_similarity(StepIndex step) const;
  // Every finished chunk failed because the provider rejected the key.
  bool all_keys_rejected() const;

  void add_earlier_call(StepIndex step, Receipt receipt) { outputs_[step].attempts.push_back(std::move(receipt)); }
  // Stores the end of a step, once per step, with everything parsed from its text.
  StepOutcome finish(StepIndex step, ChunkCompleted completed, std::shared_ptr<const EventSource> source,
                     AssignedMember member, const StepScheduler& scheduler);
  void degrade(std::string reason) { reasons_.push_back(std::move(reason)); }

 private:
  StepOutcome accept(StepIndex step, const StepScheduler& scheduler);
  void compare_round(const Step& of);

  const Assignment& assignment_;
  const std::string trace_id_;
  std::vector<std::string> names_;  // for each step
  std::map<std::string, StepIndex, std::less<>> by_name_;
  std::vector<StepOutput> outputs_;  // for each step
  std::vector<StepIndex> finished_;
  std::vector<std::string> reasons_;
  std::map<std::pair<int, int>, double> similarities_;  // by group and round
};

// The parts of the list that a ranking step ranks: its first input.
std::vector<StepIndex> ranked_parts(const Step& ranking);

}  // namespace plenum::workflow
