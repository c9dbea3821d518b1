#include "server/workflow/planning/call_statistics.h"

namespace plenum::workflow {

namespace {

// Models become faster and prompts change: what was long ago counts less and less.
constexpr double runs_remembered = 32;
// Steps of very many workflows and members; beyond it the history begins anew.
constexpr std::size_t keys_max = 50'000;

}  // namespace

void CallStatistics::note(const std::vector<StepSample>& run) {
  table_.with([&](Table& table) {
    if (table.size() > keys_max) table.clear();
    for (const StepSample& step : run) {
      Sums& sums = table[step.key];
      if (sums.runs >= runs_remembered) {
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

std::optional<Expected> CallStatistics::expected(const std::string& key,
                                                 const std::optional<core::ProviderInfo::ModelPrice>& price) const {
  return table_.with([&](const Table& table) -> std::optional<Expected> {
    const auto found = table.find(key);
    if (found == table.end()) return std::nullopt;
    const Sums& sums = found->second;
    Expected expected;
    expected.chance = sums.calls / sums.runs;
    if (sums.calls == 0) {
      expected.usd = 0;
      return expected;
    }
    expected.seconds = sums.seconds / sums.calls;
    constexpr double million = 1e6;
    if (sums.priced > 0) {
      expected.usd = sums.usd / sums.priced;
    } else if (price && sums.counted > 0) {  // it is known only since
      expected.usd =
          (sums.prompt_tokens * price->input + sums.completion_tokens * price->output) / sums.counted / million;
    }
    return expected;
  });
}

}  // namespace plenum::workflow
