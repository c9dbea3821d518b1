#include "server/workflow/planning/call_statistics.h"

namespace plenum::workflow {

namespace {

// Models become faster and prompts change, so only the newest runs of a step count.
constexpr std::size_t runs_max = 32;
// Bounds memory with very many workflows and members, at 100 to 250 bytes each; beyond it all samples are dropped.
constexpr std::size_t samples_max = 100'000;

}  // namespace

void CallStatistics::record(const StreamId& stream, const std::vector<StepSample>& run) {
  table_.with([&](Table& table) {
    if (table.samples > samples_max) table = {};
    for (const StepSample& step : run) {
      auto& samples = table.by_key[step.key];
      samples.push_back({stream, step.ran, static_cast<double>(step.duration_ms) / 1000, step.usage.prompt_tokens,
                         step.usage.completion_tokens, step.cost.usd});
      ++table.samples;
      if (samples.size() <= runs_max) continue;
      samples.erase(samples.begin());
      --table.samples;
    }
  });
}

StepEstimate CallStatistics::mean_of(const std::vector<Sample>& samples, const std::optional<core::ModelPrice>& price) {
  double calls = 0, seconds = 0;
  double counted = 0, prompt_tokens = 0, completion_tokens = 0;  // of calls with both token counts
  double priced = 0, usd = 0;                                    // of calls with a known cost
  for (const Sample& sample : samples) {
    if (!sample.ran) continue;
    ++calls;
    seconds += sample.seconds;
    if (sample.prompt_tokens && sample.completion_tokens) {
      ++counted;
      prompt_tokens += static_cast<double>(*sample.prompt_tokens);
      completion_tokens += static_cast<double>(*sample.completion_tokens);
    }
    if (sample.usd) {
      ++priced;
      usd += *sample.usd;
    }
  }
  StepEstimate estimate;
  estimate.probability = calls / static_cast<double>(samples.size());
  if (calls == 0) {
    estimate.seconds = 0;
    estimate.usd = 0;
    return estimate;
  }
  estimate.seconds = seconds / calls;
  constexpr double million = 1e6;
  if (priced > 0) {
    estimate.usd = usd / priced;
  } else if (price && counted > 0) {  // the price was configured later
    estimate.usd = (prompt_tokens * price->input + completion_tokens * price->output) / counted / million;
  }
  return estimate;
}

std::optional<StepEstimate> CallStatistics::estimate(const std::string& key,
                                                     const std::optional<core::ModelPrice>& price) const {
  return table_.with([&](const Table& table) -> std::optional<StepEstimate> {
    const auto found = table.by_key.find(key);
    if (found == table.by_key.end()) return std::nullopt;
    return mean_of(found->second, price);
  });
}

void CallStatistics::forget(const StreamId& stream) {
  table_.with([&](Table& table) {
    for (auto step = table.by_key.begin(); step != table.by_key.end();) {
      table.samples -= std::erase_if(step->second, [&](const Sample& sample) { return sample.stream == stream; });
      step = step->second.empty() ? table.by_key.erase(step) : std::next(step);
    }
  });
}

}  // namespace plenum::workflow
