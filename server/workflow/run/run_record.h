// What a run has come to so far: its chunks, their outputs, the sums. Pure: no loop, clock or provider.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/protocol/event.h"
#include "common/protocol/task_request.h"
#include "server/workflow/definition/template.h"
#include "server/workflow/output/output_parser.h"
#include "server/workflow/output/ranking.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/plan.h"

namespace plenum::workflow {

// Not thread-safe: one record per run.
class RunRecord {
 public:
  // The assignment must outlive the record.
  RunRecord(const Assignment& assignment, const TaskSpec& spec, std::string trace_id = {});

  const Step& step(int index) const { return steps_[static_cast<std::size_t>(index)]; }
  // `<step id>:<member id>`.
  const std::string& chunk_name(int step) const { return names_[static_cast<std::size_t>(step)]; }
  // A chunk has ended; call once per chunk that was started. Its text becomes the step's output only
  // when it is whole: a text that broke off is kept in the result and shown to no later step.
  //   member  who answered at last; attempt: how many there were
  StepOutcome chunk_ended(int step, const ChunkCompleted& completed, const AssignedMember& member, int attempt);
  // An attempt before the last one has failed.
  void attempt_failed(int step, Receipt receipt) { attempts_[step].push_back(std::move(receipt)); }
  // The review of a step of that form that ended well.
  const std::optional<Review>& review_of(int step) const { return chunks_[static_cast<std::size_t>(step)].review; }
  // The members of a ranking that was read, best first; empty for other steps.
  std::vector<std::string> ranking_of(int step) const;
  // The members whose answers a ranking was shown, in the order of its labels.
  std::vector<std::string> shown_to(int step) const;
  // A ranking that an earlier run asked for was shown the answers of these members. False when they are
  // not among those that it ranks.
  bool restore_shown(int step, const std::vector<std::string>& members, const Plan& plan);
  // How much this round's outputs are like those of the round before, as a mean over the members; nothing
  // until the last one of the round has ended, and where nothing can be compared.
  std::optional<double> likeness_of_round(int step) const;
  // A ranking or a vote that ended well, but in which none could be read.
  bool is_unread(int step) const;
  // Chunks have ended, and all of them because the provider did not take the key.
  bool every_key_was_refused() const;
  // Says why the result lacks something.
  void degrade(std::string reason) { reasons_.push_back(std::move(reason)); }

  // What the templates of a step see that starts now: each name's latest output. A ranking step is
  // shown its answers in an order of its own, which is kept for the reading of what it says.
  Bindings bindings_of(int step, const Plan& plan);
  // The stages that are over since this was asked last: what their calls used together.
  std::vector<MetricsPartial> stages_over(const Plan& plan);
  TaskProgress progress(const Plan& plan, std::chrono::milliseconds elapsed) const;
  // For the history; nothing when a step failed or was taken over, since such a run says little about others.
  std::vector<StepSample> past(const Plan& plan) const;
  // Without the answer, which only a whole run has.
  TaskResult partial_result(const Plan& plan) const;
  // Nothing when the answer would be longer than rendered_answer_bytes_max.
  std::optional<TaskResult> full_result(const Plan& plan) const;

 private:
  struct Chunk {
    std::optional<ChunkCompleted> completed;
    AssignedMember member;  // who answered
    int attempt = 1;
    std::optional<std::string> output;  // what later steps see
    std::optional<Review> review;
    std::vector<int> shown;             // ranking: the steps whose outputs it was shown, in that order
    std::vector<int> ranked;            // ranking: of these, best first
    std::optional<std::size_t> choice;  // choice: which of the task's
  };
  const Chunk& chunk(int step) const { return chunks_[static_cast<std::size_t>(step)]; }
  const Chunk* latest_with_output(int step, const Plan& plan) const;
  Bindings bindings(std::span<const Need> needs, const Plan& plan, int reader) const;
  // --- lists (run_lists.cpp) ---
  struct Part {
    int step = 0;
    std::size_t place = 0;  // its label, as an index
  };
  std::vector<std::string> members_of(const std::vector<int>& steps) const;
  void bind_list(Bindings& bindings, std::span<const Need> parts, const Plan& plan, int reader) const;
  void shuffle_what_is_ranked(Bindings& bindings, int reader, const Plan& plan);
  bool shows(int reader, const std::string& name) const;
  std::vector<Item> items_of(std::span<const Part> parts, int reader) const;
  std::vector<Item> standings(std::span<const Part> rankings) const;
  std::vector<Item> tally_of(std::span<const Part> votes) const;
  std::vector<MeanRank> ranks(std::span<const Part> rankings, bool exclude_self) const;
  std::vector<Part> last_of(OutputForm form) const;
  std::size_t place_of(int step, int ranking) const;
  const AssignedMember& member_at(std::size_t place, int ranking) const;
  std::string in_common_labels(int ranking) const;
  void add_rankings(TaskResult& result) const;
  void add_votes(TaskResult& result) const;
  MetricsPartial metrics_of(std::size_t stage) const;
  Cost cost_so_far() const;
  void add_chunk(TaskResult& result, int step, const ChunkCompleted& completed) const;

  const Assignment& assignment_;
  const std::vector<Step>& steps_;
  const std::string trace_id_;                    // what shuffles are drawn from
  Bindings given_;                                // task, context and choices
  std::vector<std::string> names_;                // for each step
  std::vector<std::string> stages_;               // in the order of the steps
  std::vector<std::size_t> stage_of_;             // for each step
  std::vector<bool> stage_told_;                  // for each stage
  std::vector<Chunk> chunks_;                     // for each step
  std::map<int, std::vector<Receipt>> attempts_;  // by step: those that failed before the last one
  std::vector<int> order_;                        // in which chunks ended
  std::vector<std::string> reasons_;
};

}  // namespace plenum::workflow
