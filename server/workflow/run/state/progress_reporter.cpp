#include "server/workflow/run/state/progress_reporter.h"

#include <algorithm>

#include "server/workflow/run/state/estimate.h"
#include "server/workflow/run/state/result_builder.h"

namespace plenum::workflow {

using StepState = StepScheduler::StepState;

ProgressReporter::ProgressReporter(const Assignment& assignment) {
  for (const Step& step : assignment.workflow->steps) {
    const auto found = std::find(stages_.begin(), stages_.end(), step.stage);
    stage_of_.push_back(static_cast<std::size_t>(found - stages_.begin()));
    if (found == stages_.end()) stages_.push_back(step.stage);
  }
  reported_.assign(stages_.size(), false);
}

TaskProgress ProgressReporter::progress(const StepOutputs& outputs, const StepScheduler& scheduler,
                                        std::chrono::milliseconds elapsed) const {
  TaskProgress progress;
  progress.total_chunks = scheduler.total();
  progress.completed = scheduler.ended();
  progress.elapsed_ms = elapsed.count();
  for (StepIndex i = 0; i < outputs.steps().size(); ++i) {
    if (scheduler.is_pending(i)) progress.pending.push_back(outputs.chunk_name(i));
  }
  for (const StepIndex step : outputs.finished()) {
    progress.completed_chunks.push_back(outputs.chunk_name(step));
    const ChunkCompleted& completed = *outputs.of(step).completed;
    if (completed.status != ChunkStatus::ok) continue;
    if (progress.fastest_latency_ms && *progress.fastest_latency_ms <= completed.latency_ms) continue;
    progress.fastest = outputs.chunk_name(step);
    progress.fastest_latency_ms = completed.latency_ms;
  }
  progress.cost = cost_so_far(outputs);
  const auto remaining = estimate_remaining(outputs.steps(), scheduler, outputs.assignment().estimates);
  if (remaining.seconds) progress.estimated_time = static_cast<double>(elapsed.count()) / 1000 + *remaining.seconds;
  if (remaining.usd && progress.cost->usd) progress.estimated_cost = *progress.cost->usd + *remaining.usd;
  return progress;
}

std::vector<MetricsPartial> ProgressReporter::ended_stages(const StepOutputs& outputs, const StepScheduler& scheduler) {
  std::vector<bool> pending(stages_.size(), false), ran(stages_.size(), false);
  for (StepIndex i = 0; i < stage_of_.size(); ++i) {
    if (scheduler.state(i) == StepState::ended) ran[stage_of_[i]] = true;
    if (scheduler.is_pending(i)) pending[stage_of_[i]] = true;
  }
  std::vector<MetricsPartial> ended;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    if (pending[stage] || !ran[stage] || reported_[stage]) continue;
    reported_[stage] = true;
    ended.push_back(metrics_of(stage, outputs));
  }
  return ended;
}

MetricsPartial ProgressReporter::metrics_of(std::size_t stage, const StepOutputs& outputs) const {
  MetricsPartial metrics;
  metrics.stage = stages_[stage];
  metrics.cost = {0.0, CostOrigin::reported};
  UsageSum usage;
  const auto add = [&](const std::string& model, const Usage& used, const Cost& cost) {
    if (!model.empty() && std::find(metrics.models.begin(), metrics.models.end(), model) == metrics.models.end()) {
      metrics.models.push_back(model);
    }
    if (!used_nothing(used, cost)) usage.add(used);
    metrics.cost = metrics.cost + cost;
  };
  for (StepIndex i = 0; i < stage_of_.size(); ++i) {
    if (stage_of_[i] != stage) continue;
    const StepOutput& output = outputs.of(i);
    for (const Receipt& receipt : output.attempts) add(receipt.model, receipt.usage, receipt.cost);
    if (output.completed) add(output.member.model, output.completed->usage, output.completed->cost);
  }
  metrics.tokens = usage.total();
  return metrics;
}

std::vector<StepSample> call_samples(const StepOutputs& outputs, const StepScheduler& scheduler) {
  std::vector<StepSample> samples;
  for (StepIndex i = 0; i < outputs.steps().size(); ++i) {
    StepSample sample;
    sample.key = statistics_key(outputs.assignment(), outputs.steps()[i]);
    if (scheduler.state(i) == StepState::ended) {
      const auto& completed = outputs.of(i).completed;
      if (!completed || completed->status != ChunkStatus::ok || completed->cached) return {};
      sample.ran = true;
      sample.usage = completed->usage;
      sample.cost = completed->cost;
      sample.latency_ms = completed->latency_ms;
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace plenum::workflow
