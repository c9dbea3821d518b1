#include "server/workflow/run_record.h"

#include <nlohmann/json.hpp>

#include "common/json.h"

namespace plenum::workflow {

namespace {

std::size_t index(int step) { return static_cast<std::size_t>(step); }

// The context as prompts show it: nothing when it is empty, so that its section stays closed.
std::string readable_context(const std::string& json) {
  const auto context = parse_json(json);
  if (!context || context->empty()) return {};
  return context->dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

RunRecord::RunRecord(const Assignment& assignment, const TaskSpec& spec)
    : assignment_(assignment), steps_(assignment.workflow->steps), chunks_(steps_.size()) {
  given_["task"] = spec.task;
  given_["context"] = readable_context(spec.context_json);
  for (const Step& step : steps_) names_.push_back(step.id + ":" + assignment.member_of(step).id);
  for (const SkippedMember& member : assignment.missed) degrade(member.id + ": " + member.reason);
}

StepOutcome RunRecord::chunk_ended(int step, const ChunkCompleted& completed) {
  Chunk& chunk = chunks_[index(step)];
  chunk.completed = completed;
  order_.push_back(step);
  if (completed.status != ChunkStatus::ok) return StepOutcome::failed;
  switch (steps_[index(step)].form) {
    case OutputForm::text:
      chunk.output = completed.output;
      break;
    case OutputForm::largest_fence:
      chunk.output = largest_fence(completed.output);
      break;
    case OutputForm::review:
      chunk.output = completed.output;
      chunk.review = read_review(completed.output);
      if (chunk.review->issues_found) return StepOutcome::review_with_issues;
  }
  return StepOutcome::output;
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

Bindings RunRecord::bindings(const std::vector<Need>& needs, const Plan& plan) const {
  Bindings bindings = given_;
  for (const Need& need : needs) {
    if (const Chunk* chunk = latest_with_output(need.step, plan)) bindings[need.binding] = *chunk->output;
  }
  return bindings;
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
  return progress;
}

void RunRecord::add_chunk(TaskResult& result, int step, const ChunkCompleted& completed) const {
  const AssignedMember& member = assignment_.member_of(steps_[index(step)]);
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
  receipt.status = completed.status;
  receipt.usage = completed.usage;
  receipt.cost = completed.cost;
  receipt.latency_ms = completed.latency_ms;
  receipt.finish_reason = completed.finish_reason;
  result.cost = result.cost + completed.cost;
  result.answers.push_back(std::move(answer));
  result.receipts.push_back(std::move(receipt));
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
    if (!chunks_[i].completed) continue;
    add_chunk(result, static_cast<int>(i), *chunks_[i].completed);
    usage.add(chunks_[i].completed->usage);
  }
  result.usage = usage.total();
  if (const auto& review = assignment_.workflow->review) {
    const Chunk* chunk = latest_with_output(review->step, plan);
    if (chunk) result.review_json = review_json(*chunk->review);
  }
  return result;
}

TaskResult RunRecord::full_result(const Plan& plan) const {
  TaskResult result = partial_result(plan);
  const Workflow& workflow = *assignment_.workflow;
  result.answer = render(workflow.answer_template, bindings(workflow.answer_needs, plan));
  return result;
}

}  // namespace plenum::workflow
