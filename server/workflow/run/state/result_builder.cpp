#include "server/workflow/run/state/result_builder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/workflow/run/outputs/comparisons.h"
#include "server/workflow/run/outputs/judgments.h"
#include "server/workflow/run/outputs/kind_outputs.h"
#include "server/workflow/run/outputs/readiness.h"
#include "server/workflow/run/outputs/rounds.h"
#include "server/workflow/run/outputs/verdict_absence.h"

namespace plenum::workflow {

namespace {

Receipt receipt_of(const StepOutput& output) {
  const ChunkCompleted& completed = *output.completed;
  Receipt receipt;
  receipt.chunk = output.source->chunk;
  receipt.member = output.member.id;
  receipt.model = output.member.model;
  receipt.provider = output.member.provider;
  receipt.attempt = output.source->attempt;
  receipt.status = completed.error && completed.status == ChunkStatus::ok ? ChunkStatus::error : completed.status;
  receipt.usage = completed.usage;
  receipt.cost = completed.cost;
  receipt.latency_ms = completed.latency_ms;
  receipt.finish_reason = completed.finish_reason;
  receipt.generation = completed.generation;
  if (completed.error) receipt.generation.error_class = completed.error->code;
  return receipt;
}

MemberAnswer answer_of(const Step& step, const StepOutput& output) {
  const ChunkCompleted& completed = *output.completed;
  MemberAnswer answer;
  answer.member = output.member.id;
  answer.model = output.member.model;
  answer.agent = step.agent;
  answer.chunk = output.source->chunk;
  answer.status = completed.status;
  answer.text = completed.output;
  answer.usage = completed.usage;
  answer.cost = completed.cost;
  answer.latency_ms = completed.latency_ms;
  if (completed.status != ChunkStatus::ok) answer.error = completed.error;  // else of a follow-up call
  answer.reasoning = completed.reasoning;
  answer.sources = completed.sources;
  return answer;
}

class ResultBuilder {
 public:
  ResultBuilder(const StepOutputs& outputs, const StepScheduler& scheduler, bool complete)
      : outputs_(outputs), scheduler_(scheduler), assignment_(outputs.assignment()), complete_(complete) {}

  TaskResult build() {
    result_.workflow = assignment_.workflow->name;
    result_.skipped = assignment_.skipped;
    result_.reasons = outputs_.reasons();
    result_.degraded = !result_.reasons.empty();
    for (StepIndex step = 0; step < outputs_.steps().size(); ++step) add_step(step);
    // The search results come first: their numbers are in the prompts.
    for (const MemberAnswer& answer : result_.answers) {
      merge_sources(result_.sources, answer.sources, result_sources_max);
    }
    result_.usage = usage_.total();
    result_.cost = cost_so_far(outputs_);
    add_review_and_synthesis();
    add_files();
    result_.judgments_json = judgments_json(outputs_);
    result_.comparisons_json = comparisons_json(outputs_);
    result_.rounds_json = rounds_json(outputs_, scheduler_, complete_);
    for (const StepKind* kind : step_kinds()) add_section_of(*kind);
    if (const auto absence = verdict_absence(outputs_, scheduler_)) {
      result_.verdict_absent_reason = name_of(*absence);
    }
    if (const auto readiness = readiness_of(outputs_, scheduler_)) result_.readiness_json = to_json(*readiness);
    return std::move(result_);
  }

 private:
  void add_step(StepIndex step) {
    const StepOutput& output = outputs_.of(step);
    for (const Receipt& receipt : output.attempts) {
      result_.receipts.push_back(receipt);
      if (!used_nothing(receipt.usage, receipt.cost)) usage_.add(receipt.usage);
    }
    if (!output.completed) return;
    const ChunkCompleted& completed = *output.completed;
    if (outputs_.steps()[step].kind->runner == StepKind::Runner::search_engine) {
      result_.sources = completed.sources;
    } else if (!outputs_.steps()[step].kind->is_auxiliary) {
      result_.answers.push_back(answer_of(outputs_.steps()[step], output));
    }
    if (!completed.cached) result_.receipts.push_back(receipt_of(output));  // no call was made otherwise
    if (!used_nothing(completed.usage, completed.cost)) usage_.add(completed.usage);
  }

  void add_review_and_synthesis() {
    if (const auto& review = assignment_.workflow->review) {
      const StepOutput* output = outputs_.latest_with_output(review->step, scheduler_);
      if (output != nullptr) result_.review_json = review_json(*output->parsed->review);
    }
    if (const auto& synthesis = assignment_.workflow->synthesis) {
      const StepOutput* output = outputs_.latest_with_output(synthesis->step, scheduler_);
      if (output != nullptr) result_.synthesis = output->parsed->text;
    }
  }

  // Of the last step that wrote any.
  void add_files() {
    for (const StepIndex step : outputs_.finished()) {
      const auto& parsed = outputs_.of(step).parsed;
      if (parsed && !parsed->files.empty()) result_.files = parsed->files;
    }
  }

  void add_section_of(const StepKind& kind) {
    if (kind.add_result == nullptr) return;
    const auto steps = last_round_of(kind);
    if (!steps.empty()) kind.add_result(result_, kind_outputs(outputs_, steps));
  }

  // The outputs of this kind in the last round that has any, in the order of the members.
  std::vector<StepIndex> last_round_of(const StepKind& kind) const {
    std::vector<StepIndex> found;
    int round = 0;
    for (StepIndex i = 0; i < outputs_.steps().size(); ++i) {
      const Step& step = outputs_.steps()[i];
      if (step.kind != &kind || !outputs_.of(i).parsed) continue;
      if (!step.late_of.empty() && scheduler_.latest(i) != i) continue;
      if (step.round > round) found.clear();
      round = step.round;
      // A step that ranks late answers replaces the ranking that missed them.
      const auto replaced = std::find(found.begin(), found.end(), step.supersedes);
      replaced == found.end() ? found.push_back(i) : void(*replaced = i);
    }
    return found;
  }

  const StepOutputs& outputs_;
  const StepScheduler& scheduler_;
  const Assignment& assignment_;
  const bool complete_;
  TaskResult result_;
  UsageSum usage_;
};

}  // namespace

TaskResult build_result(const StepOutputs& outputs, const StepScheduler& scheduler, bool complete) {
  return ResultBuilder(outputs, scheduler, complete).build();
}

Cost cost_so_far(const StepOutputs& outputs) {
  Cost sum{0.0, CostOrigin::reported};  // without any call
  for (StepIndex i = 0; i < outputs.steps().size(); ++i) {
    for (const Receipt& receipt : outputs.of(i).attempts) sum = sum + receipt.cost;
    if (outputs.of(i).completed) sum = sum + outputs.of(i).completed->cost;
  }
  return sum;
}

}  // namespace plenum::workflow
