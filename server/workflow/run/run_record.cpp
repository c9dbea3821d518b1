#include "server/workflow/run/run_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "server/workflow/output/context_rendering.h"
#include "server/workflow/output/ranking.h"
#include "server/workflow/output/vote_tally.h"
#include "server/workflow/run/forecast.h"

namespace plenum::workflow {

namespace {

std::size_t index(int step) { return static_cast<std::size_t>(step); }

}  // namespace

RunRecord::RunRecord(const Assignment& assignment, const TaskSpec& spec, std::string trace_id)
    : assignment_(assignment),
      steps_(assignment.workflow->steps),
      trace_id_(std::move(trace_id)),
      chunks_(steps_.size()) {
  given_["task"] = spec.task;
  given_["context"] = context_text(spec.context_json);
  std::vector<Item> choices;
  for (std::size_t i = 0; i < assignment.options.choices.size(); ++i) {
    choices.push_back({{"label", label_of(i)}, {"text", assignment.options.choices[i]}});
  }
  given_["choices"] = std::move(choices);
  for (const Step& step : steps_) {
    const auto found = std::find(stages_.begin(), stages_.end(), step.stage);
    stage_of_.push_back(static_cast<std::size_t>(found - stages_.begin()));
    if (found == stages_.end()) stages_.push_back(step.stage);
  }
  stage_told_.assign(stages_.size(), false);
  for (const Step& step : steps_) names_.push_back(step.id + ":" + assignment.member_of(step).id);
  for (const SkippedMember& member : assignment.missed) degrade(member.id + ": " + member.reason);
}

StepOutcome RunRecord::chunk_ended(int step, const ChunkCompleted& completed, const AssignedMember& member,
                                   int attempt) {
  Chunk& chunk = chunks_[index(step)];
  chunk.completed = completed;
  chunk.member = member;
  chunk.attempt = attempt;
  order_.push_back(step);
  if (completed.status != ChunkStatus::ok) return StepOutcome::failed;
  switch (steps_[index(step)].form) {
    case OutputForm::text:
    case OutputForm::search:
      chunk.output = completed.output;
      break;
    case OutputForm::largest_fence:
      chunk.output = largest_fence(completed.output);
      break;
    case OutputForm::review:
      chunk.output = completed.output;
      chunk.review = read_review(completed.output);
      if (chunk.review->issues_found) return StepOutcome::review_with_issues;
      break;
    case OutputForm::ranking:
      chunk.output = completed.output;
      for (const std::size_t place : parse_ranking(completed.output, chunk.shown.size())) {
        chunk.ranked.push_back(chunk.shown[place]);
      }
      break;
    case OutputForm::choice:
      chunk.output = completed.output;
      chunk.choice = parse_choice(completed.output, assignment_.options.choices.size());
  }
  return StepOutcome::output;
}

bool RunRecord::every_key_was_refused() const {
  const auto refused = [this](int step) {
    const auto& error = chunk(step).completed->error;
    return error && error->code == row_of(ErrorCode::authentication).name;
  };
  return !order_.empty() && std::all_of(order_.begin(), order_.end(), refused);
}

const RunRecord::Chunk* RunRecord::latest_with_output(int step, const Plan& plan) const {
  for (int at = plan.latest(step); at >= 0;) {
    const Chunk& chunk = chunks_[index(at)];
    if (chunk.output) return &chunk;
    // A review that failed leaves none: an older one would speak about what has changed since.
    if (steps_[index(at)].form == OutputForm::review) return nullptr;
    const auto& earlier = steps_[index(at)].rebinds;
    at = earlier ? plan.latest(*earlier) : -1;
  }
  return nullptr;
}

Bindings RunRecord::bindings(std::span<const Need> needs, const Plan& plan, int reader) const {
  Bindings bindings = given_;
  for (std::size_t i = 0; i < needs.size();) {
    std::size_t end = i + 1;
    if (needs[i].list) {
      while (end < needs.size() && needs[end].binding == needs[i].binding) ++end;
      bind_list(bindings, needs.subspan(i, end - i), plan, reader);
    } else if (const Chunk* found = latest_with_output(needs[i].step, plan)) {
      bindings[needs[i].binding] = *found->output;
    }
    i = end;
  }
  return bindings;
}

Bindings RunRecord::bindings_of(int step, const Plan& plan) {
  Bindings found = bindings(steps_[index(step)].needs, plan, step);
  if (steps_[index(step)].form == OutputForm::ranking) shuffle_what_is_ranked(found, step, plan);
  return found;
}

TaskProgress RunRecord::progress(const Plan& plan, std::chrono::milliseconds elapsed) const {
  TaskProgress progress;
  progress.total_chunks = plan.total();
  progress.completed = plan.ended();
  progress.elapsed_ms = elapsed.count();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto state = plan.state(static_cast<int>(i));
    if (state != Plan::StepState::ended && state != Plan::StepState::dropped) progress.pending.push_back(names_[i]);
  }
  for (const int step : order_) {
    progress.completed_chunks.push_back(names_[index(step)]);
    const ChunkCompleted& completed = *chunks_[index(step)].completed;
    if (completed.status != ChunkStatus::ok) continue;
    if (progress.fastest_latency_ms && *progress.fastest_latency_ms <= completed.latency_ms) continue;
    progress.fastest = names_[index(step)];
    progress.fastest_latency_ms = completed.latency_ms;
  }
  progress.cost = cost_so_far();
  const Forecast ahead = forecast(steps_, plan, assignment_.expected);
  if (ahead.seconds) progress.estimated_time = static_cast<double>(elapsed.count()) / 1000 + *ahead.seconds;
  if (ahead.usd && progress.cost->usd) progress.estimated_cost = *progress.cost->usd + *ahead.usd;
  return progress;
}

Cost RunRecord::cost_so_far() const {
  Cost sum{0.0, CostOrigin::reported};
  for (const auto& [step, attempts] : attempts_) {
    for (const Receipt& receipt : attempts) sum = sum + receipt.cost;
  }
  for (const int step : order_) sum = sum + chunks_[index(step)].completed->cost;
  return sum;
}

std::vector<StepSample> RunRecord::past(const Plan& plan) const {
  std::vector<StepSample> past;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    StepSample step;
    step.key = history_key(assignment_, steps_[i]);
    if (plan.state(static_cast<int>(i)) == Plan::StepState::ended) {
      const auto& completed = chunks_[i].completed;
      if (!completed || completed->status != ChunkStatus::ok || completed->cached) return {};
      step.ran = true;
      step.usage = completed->usage;
      step.cost = completed->cost;
      step.latency_ms = completed->latency_ms;
    }
    past.push_back(std::move(step));
  }
  return past;
}

std::vector<MetricsPartial> RunRecord::stages_over(const Plan& plan) {
  std::vector<bool> open(stages_.size(), false), begun(stages_.size(), false);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto state = plan.state(static_cast<int>(i));
    if (state == Plan::StepState::ended) begun[stage_of_[i]] = true;
    if (state != Plan::StepState::ended && state != Plan::StepState::dropped) open[stage_of_[i]] = true;
  }
  std::vector<MetricsPartial> over;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    if (open[stage] || !begun[stage] || stage_told_[stage]) continue;
    stage_told_[stage] = true;
    over.push_back(metrics_of(stage));
  }
  return over;
}

MetricsPartial RunRecord::metrics_of(std::size_t stage) const {
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
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (stage_of_[i] != stage) continue;
    if (const auto failed = attempts_.find(static_cast<int>(i)); failed != attempts_.end()) {
      for (const Receipt& receipt : failed->second) add(receipt.model, receipt.usage, receipt.cost);
    }
    const Chunk& said = chunks_[i];
    if (said.completed) add(said.member.model, said.completed->usage, said.completed->cost);
  }
  metrics.tokens = usage.total();
  return metrics;
}

void RunRecord::add_chunk(TaskResult& result, int step, const ChunkCompleted& completed) const {
  const AssignedMember& member = chunk(step).member;
  MemberAnswer answer;
  answer.member = member.id;
  answer.model = member.model;
  answer.agent = steps_[index(step)].agent;
  answer.chunk = names_[index(step)];
  answer.status = completed.status;
  answer.text = completed.output;
  answer.usage = completed.usage;
  answer.cost = completed.cost;
  answer.latency_ms = completed.latency_ms;
  answer.error = completed.error;
  Receipt receipt;
  receipt.chunk = answer.chunk;
  receipt.member = member.id;
  receipt.model = member.model;
  receipt.provider = member.provider;
  receipt.attempt = chunk(step).attempt;
  receipt.status = completed.status;
  receipt.usage = completed.usage;
  receipt.cost = completed.cost;
  receipt.latency_ms = completed.latency_ms;
  receipt.finish_reason = completed.finish_reason;
  result.cost = result.cost + completed.cost;
  if (steps_[index(step)].form == OutputForm::search) {
    result.sources = completed.sources;
  } else {
    result.answers.push_back(std::move(answer));
  }
  if (!completed.cached) result.receipts.push_back(std::move(receipt));  // else no call was made
}

TaskResult RunRecord::partial_result(const Plan& plan) const {
  TaskResult result;
  result.workflow = assignment_.workflow->name;
  result.skipped = assignment_.skipped;
  result.reasons = reasons_;
  result.degraded = !reasons_.empty();
  UsageSum usage;
  result.cost = {0.0, CostOrigin::reported};  // no call costs nothing; unknown as soon as one call's cost is
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    if (const auto failed = attempts_.find(static_cast<int>(i)); failed != attempts_.end()) {
      for (const Receipt& receipt : failed->second) {
        result.receipts.push_back(receipt);
        result.cost = result.cost + receipt.cost;
        if (!used_nothing(receipt.usage, receipt.cost)) usage.add(receipt.usage);
      }
    }
    if (!chunks_[i].completed) continue;
    add_chunk(result, static_cast<int>(i), *chunks_[i].completed);
    if (!used_nothing(chunks_[i].completed->usage, chunks_[i].completed->cost)) usage.add(chunks_[i].completed->usage);
  }
  result.usage = usage.total();
  if (const auto& review = assignment_.workflow->review) {
    const Chunk* chunk = latest_with_output(review->step, plan);
    if (chunk) result.review_json = review_json(*chunk->review);
  }
  if (const auto& synthesis = assignment_.workflow->synthesis) {
    if (const Chunk* chunk = latest_with_output(synthesis->step, plan)) result.synthesis = *chunk->output;
  }
  add_rankings(result);
  add_votes(result);
  return result;
}

std::optional<TaskResult> RunRecord::full_result(const Plan& plan) const {
  const Workflow& workflow = *assignment_.workflow;
  auto answer =
      workflow.answer_template->render(bindings(workflow.answer_needs, plan, /*reader=*/-1), rendered_answer_bytes_max);
  if (!answer) return std::nullopt;
  TaskResult result = partial_result(plan);
  result.answer = std::move(*answer);
  return result;
}

}  // namespace plenum::workflow
