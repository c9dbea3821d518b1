// Mean durations, token counts and costs of earlier calls, from which a task's time and cost are estimated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/protocol/task_result.h"
#include "server/core/provider.h"
#include "server/runtime/guarded.h"

namespace plenum::workflow {

// One step of a finished run.
struct StepSample {
  std::string key;  // workflow, its version, step and member
  bool ran = false;
  Usage usage;
  Cost cost;
  std::int64_t duration_ms = 0;  // from the start of its chunk to its end, with waiting, retries and further calls
};

// The estimate for a step that has not run yet.
struct StepEstimate {
  double probability = 1;         // that the step runs at all: some steps are conditional
  std::optional<double> seconds;  // from the start of its chunk to its end; nothing without earlier runs
  std::optional<double> usd;      // nothing without a price and reported costs
  bool from_history = true;       // of earlier runs; otherwise from prices and an assumed length of the answer
};

// Stores the samples of one run. Any thread.
class CallRecorder {
 public:
  virtual ~CallRecorder() = default;
  // Complete runs only: an aborted run would distort the means.
  virtual void record(const std::vector<StepSample>& run) = 0;
};

// In memory. Any thread.
// Samples contain no text: durations, token counts and costs, under the names of workflow, step and member. They are
// forgotten with their task all the same.
class CallStatistics {
 public:
  void record(const StreamId& stream, const std::vector<StepSample>& run);
  // Nothing for a step without samples.
  std::optional<StepEstimate> estimate(const std::string& key, const std::optional<core::ModelPrice>& price) const;
  // Removes the samples of the stream's run.
  void forget(const StreamId& stream);

 private:
  struct Sample {
    StreamId stream;
    bool ran = false;
    double seconds = 0;
    std::optional<std::int64_t> prompt_tokens, completion_tokens;
    std::optional<double> usd;
  };
  struct Table {
    std::map<std::string, std::vector<Sample>> by_key;  // oldest first
    std::size_t samples = 0;
  };
  static StepEstimate mean_of(const std::vector<Sample>& samples, const std::optional<core::ModelPrice>& price);

  runtime::Guarded<Table> table_;
};

}  // namespace plenum::workflow
