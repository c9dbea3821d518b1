// How much calls took before: the means from which a task's time and cost are estimated.
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

// One step of a run that is over.
struct StepSample {
  std::string key;  // workflow, its version, step and member
  bool ran = false;
  Usage usage;
  Cost cost;
  std::int64_t latency_ms = 0;
};

// What a step that is still to come will probably take.
struct Expected {
  double chance = 1;  // that it runs at all: a refinement is needed only sometimes
  double seconds = 0;
  std::optional<double> usd;  // nothing when neither price nor reports are known
};

// In memory. Any thread.
class CallStatistics {
 public:
  // Whole runs only: a run that broke off says nothing about how long one takes.
  void note(const std::vector<StepSample>& run);
  // Nothing for a step that no run had.
  std::optional<Expected> expected(const std::string& key,
                                   const std::optional<core::ProviderInfo::ModelPrice>& price) const;

 private:
  struct Sums {
    double runs = 0, calls = 0, seconds = 0;
    double counted = 0, prompt_tokens = 0, completion_tokens = 0;  // of the calls with both figures
    double priced = 0, usd = 0;                                    // of the calls whose cost is known
  };
  using Table = std::map<std::string, Sums>;
  runtime::Guarded<Table> table_;
};

}  // namespace plenum::workflow
