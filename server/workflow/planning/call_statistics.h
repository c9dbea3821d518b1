// Mean durations, token counts and costs of earlier calls, from which a task's time and cost are estimated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

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
  std::int64_t latency_ms = 0;
};

// The estimate for a step that has not run yet.
struct StepEstimate {
  double probability = 1;  // that the step runs at all: some steps are conditional
  double seconds = 0;
  std::optional<double> usd;  // nothing without a price and reported costs
};

// In memory. Any thread.
class CallStatistics {
 public:
  // Complete runs only: an aborted run would distort the means.
  void record(const std::vector<StepSample>& run);
  // Nothing for a step without samples.
  std::optional<StepEstimate> estimate(const std::string& key,
                                       const std::optional<core::ProviderInfo::ModelPrice>& price) const;

 private:
  struct Sums {
    double runs = 0, calls = 0, seconds = 0;
    double counted = 0, prompt_tokens = 0, completion_tokens = 0;  // of calls with both token counts
    double priced = 0, usd = 0;                                    // of calls with a known cost
  };
  using Table = std::map<std::string, Sums>;
  runtime::Guarded<Table> table_;
};

}  // namespace plenum::workflow
