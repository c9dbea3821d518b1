#include "server/workflow/planning/call_statistics.h"

namespace plenum::workflow {

namespace {

// Models become faster and prompts change, so older samples are halved repeatedly.
constexpr double runs_before_halving = 32;
// Bounds memory with very many workflows and members; beyond it all samples are dropped.
constexpr std::size_t keys_max = 50'000;

}  // namespace

void CallStatistics::record(const std::vector<StepSample>& run) {
  table_.with([&](Table& table) {
    if (table.size() > keys_max) table.clear();
    for (const StepSample& step : run) {
      Sums& sums = table[step.key];
      if (sums.runs >= runs_before_halving) {
        for (double* sum : {&sums.runs, &sums.calls, &sums.seconds, &sums.counted, &sums.prompt_tokens,
                            &sums.completion_tokens, &sums.priced, &sums.usd}) {
          *sum /= 2;
        }
      }
      ++sums.runs;
      if (!step.ran) continue;
      ++sums.calls;
      sums.seconds += static_cast<double>(step.latency_ms) / 1000;
      if (step.usage.prompt_tokens && step.usage.completion_tokens) {
        ++sums.counted;
        sums.prompt_tokens += static_cast<double>(*step.usage.prompt_tokens);
        sums.completion_tokens += static_cast<double>(*step.usage.completion_tokens);
      }
      if (step.cost.usd) {
        ++sums.priced;
        sums.usd += *step.cost.usd;
      }
    }
  });
}

std::optional<StepEstimate> CallStatistics::estimate(const std::string& key,
                                                     const std::optional<core::ProviderInfo::ModelPrice>& price) const {
  return table_.with([&](const Table& table) -> std::optional<StepEstimate> {
    const auto found = table.find(key);
    if (found == table.end()) return std::nullopt;
    const Sums& sums = found->second;
    StepEstimate estimate;
    estimate.probability = sums.calls / sums.runs;
    if (sums.calls == 0) {
      estimate.usd = 0;
      return estimate;
    }
    estimate.seconds = sums.seconds / sums.calls;
    constexpr double million = 1e6;
    if (sums.priced > 0) {
      estimate.usd = sums.usd / sums.priced;
    } else if (price && sums.counted > 0) {  // the price was configured later
      estimate.usd =
          (sums.prompt_tokens * price->input + sums.completion_tokens * price->output) / sums.counted / million;
    }
    return estimate;
  });
}

}  // namespace plenum::workflow
