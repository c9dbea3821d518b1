#include "server/workflow/run/state/progress_reporter.h"

#include <algorithm>

#include "server/workflow/run/state/estimate.h"
#include "server/workflow/run/state/result_builder.h"
#include "server/workflow/run/state/run_facts.h"

namespace plenum::workflow {

using StepState = StepScheduler::StepState;

ProgressReporter::ProgressReporter(const Assignment& assignment) {
  for (const Step& step : assignment.workflow->steps) {
    const auto found = std::find(stages_.begin(), stages_.end(), step.stage);
    stage_of_.push_back(static_cast<std::size_t>(found - stages_.begin()));
    if (found == stages_.end()) stages_.push_back(step.stage);
  }
  reported_.assign(stages_.size(), false);
  started_.resize(stage_of_.size());
  durations_.resize(stage_of_.size());
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
  add_estimates(progress, outputs, scheduler);
  return progress;
}

void ProgressReporter::add_estimates(TaskProgress& progress, const StepOutputs& outputs,
                                     const StepScheduler& scheduler) const {
  const double elapsed = static_cast<double>(progress.elapsed_ms) / 1000;
  std::vector<StepFigures> so_far(started_.size());
  for (StepIndex i = 0; i < started_.size(); ++i) {
    if (started_[i]) so_far[i].seconds = elapsed - static_cast<double>(started_[i]->count()) / 1000;
    for (const Receipt& call : outputs.of(i).attempts) so_far[i].usd += call.cost.usd.value_or(0);
  }
  const auto remaining = estimate_remaining(outputs.steps(), scheduler, outputs.assignment().estimates, so_far);
  if (remaining.seconds) progress.estimated_time = elapsed + *remaining.seconds;
  if (remaining.usd && progress.cost->usd) {
    progress.estimated_cost = Cost{*progress.cost->usd + *remaining.usd, CostOrigin::estimated};
  }
  const bool any = progress.estimated_time || progress.estimated_cost;
  if (any && remaining.any_pending) progress.estimate_origin = remaining.from_history ? "history" : "prices";
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

void ProgressReporter::end(StepIndex step, std::chrono::milliseconds elapsed) {
  if (started_[step]) durations_[step] = elapsed - *started_[step];
}

StepSample ProgressReporter::sample_of(StepIndex step, const StepOutput& output) const {
  StepSample sample;
  sample.ran = true;
  UsageSum usage;
  Cost cost{0.0, CostOrigin::reported};
  std::int64_t latency_ms = output.completed->latency_ms;
  const auto add = [&](const Usage& used, const Cost& of_call) {
    if (!used_nothing(used, of_call)) usage.add(used);
    cost = cost + of_call;
  };
  for (const Receipt& call : output.attempts) {
    add(call.usage, call.cost);
    latency_ms += call.latency_ms;
  }
  add(output.completed->usage, output.completed->cost);
  sample.usage = usage.total();
  sample.cost = cost;
  sample.duration_ms = durations_[step] ? durations_[step]->count() : latency_ms;
  return sample;
}

std::vector<StepSample> ProgressReporter::samples(const StepOutputs& outputs, const StepScheduler& scheduler) const {
  std::vector<StepSample> samples;
  for (StepIndex i = 0; i < outputs.steps().size(); ++i) {
    StepSample sample;
    if (scheduler.state(i) == StepState::ended) {
      const auto& completed = outputs.of(i).completed;
      const bool usable = completed && (completed->status == ChunkStatus::ok || is_straggler(*completed));
      if (!usable || completed->cached) return {};
      sample = sample_of(i, outputs.of(i));
    }
    sample.key = statistics_key(outputs.assignment(), outputs.steps()[i]);
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace plenum::workflow
