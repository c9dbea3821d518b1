// What a run has come to so far: its chunks, their outputs, the sums. Pure: no loop, clock or provider.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/event.h"
#include "common/task_spec.h"
#include "server/workflow/assignment.h"
#include "server/workflow/output_form.h"
#include "server/workflow/plan.h"
#include "server/workflow/prompt.h"

namespace plenum::workflow {

// Not thread-safe: one record per run.
class RunRecord {
 public:
  // The assignment must outlive the record.
  RunRecord(const Assignment& assignment, const TaskSpec& spec);

  const Step& step(int index) const { return steps_[static_cast<std::size_t>(index)]; }
  // `<step id>:<member id>`.
  const std::string& chunk_name(int step) const { return names_[static_cast<std::size_t>(step)]; }
  // A chunk has ended; call once per chunk that was started. Its text becomes the step's output only
  // when it is whole: a text that broke off is kept in the result and shown to no later step.
  StepOutcome chunk_ended(int step, const ChunkCompleted& completed);
  // The review of a step of that form that ended well.
  const std::optional<Review>& review_of(int step) const { return chunks_[static_cast<std::size_t>(step)].review; }
  // Says why the result lacks something.
  void degrade(std::string reason) { reasons_.push_back(std::move(reason)); }

  // What a template with these needs sees: each name's latest output.
  Bindings bindings(const std::vector<Need>& needs, const Plan& plan) const;
  TaskProgress progress(const Plan& plan, std::chrono::milliseconds elapsed) const;
  // Without the answer, which only a whole run has.
  TaskResult partial_result(const Plan& plan) const;
  TaskResult full_result(const Plan& plan) const;

 private:
  struct Chunk {
    std::optional<ChunkCompleted> completed;
    std::optional<std::string> output;  // what later steps see
    std::optional<Review> review;
  };
  const Chunk* latest_with_output(int step, const Plan& plan) const;
  void add_chunk(TaskResult& result, int step, const ChunkCompleted& completed) const;

  const Assignment& assignment_;
  const std::vector<Step>& steps_;
  Bindings given_;                  // task and context
  std::vector<std::string> names_;  // for each step
  std::vector<Chunk> chunks_;       // for each step
  std::vector<int> order_;          // in which chunks ended
  std::vector<std::string> reasons_;
};

}  // namespace plenum::workflow
