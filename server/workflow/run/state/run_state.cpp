#include "server/workflow/run/state/run_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "server/workflow/planning/search_text.h"
#include "server/workflow/run/outputs/readiness.h"
#include "server/workflow/run/state/follow_up.h"
#include "server/workflow/run/state/result_builder.h"
#include "server/workflow/run/state/run_messages.h"

namespace plenum::workflow {

namespace {

EventSource next_attempt(const EventSource& of, const AssignedMember& member) {
  EventSource source = of;
  source.member = member.id;
  source.model = member.model;
  ++source.attempt;
  return source;
}

template <class Fact>
Receipt receipt_of(const OpenChunk& chunk, const Fact& fact, ChunkStatus status) {
  Receipt receipt;
  receipt.chunk = chunk.source->chunk;
  receipt.member = chunk.member.id;
  receipt.model = chunk.member.model;
  receipt.provider = chunk.member.provider;
  receipt.attempt = chunk.source->attempt;
  receipt.status = status;
  receipt.usage = fact.usage;
  receipt.cost = fact.cost;
  receipt.latency_ms = fact.latency_ms;
  receipt.finish_reason = fact.finish_reason;
  receipt.generation = fact.generation;
  return receipt;
}

constexpr std::size_t issue_bytes_max = 300;

// The critical issues of a review, short enough for a line of a summary.
std::string issue_text(const std::vector<std::string>& issues) {
  const std::string text = fmt::format("{}", fmt::join(issues, "; "));
  return text.size() <= issue_bytes_max ? text : std::string(utf8_prefix(text, issue_bytes_max)) + " …";
}

// Replaces the member of the chunk by the next one of its chain.
void take_fallback(OpenChunk& chunk, const std::string& chunk_name, const std::string& why) {
  const AssignedMember failed = std::exchange(chunk.member, chunk.fallbacks.front());
  chunk.fallbacks.erase(chunk.fallbacks.begin());
  chunk.fallback_reason +=
      fmt::format("{}{} ({}): {}", chunk.fallback_reason.empty() ? "" : "; ", failed.id, chunk_name, why);
}

}  // namespace

RunState::RunState(const Assignment& assignment, const TaskSpec& spec, const std::string& trace_id)
    : assignment_(assignment),
      task_deadline_(spec.deadline),
      prompts_(assignment, spec),
      scheduler_(assignment.workflow, assignment.options.rounds.value_or(assignment.workflow->rounds_default),
                 assignment.options.search, assignment.options.verdict,
                 needs_query(spec.task, spec.context_json, assignment.conversation.shown)),
      outputs_(assignment, trace_id),
      progress_(assignment),
      budget_(spec.max_cost_usd) {}

Effects RunState::apply(Fact fact, std::chrono::milliseconds elapsed) {
  elapsed_ = elapsed;
  Effects effects;
  std::visit([&](auto& of_kind) { on(std::move(of_kind), effects); }, fact);
  return effects;
}

std::optional<Prompt> RunState::prompt_of(StepIndex step) const {
  const OpenChunk& chunk = open_.at(step);
  auto prompt = prompts_.build(step, chunk.member, outputs_, scheduler_);
  if (prompt && chunk.follow_up) {
    using Role = core::ChatMessage::Role;
    prompt->request.messages.push_back({Role::assistant, chunk.follow_up->text});
    prompt->request.messages.push_back({Role::user, chunk.follow_up->follow_up.request});
  }
  return prompt;
}

bool RunState::may_follow_up(StepIndex step, bool truncated) const {
  const StepKind& kind = *outputs_.steps()[step].kind;
  if (finished_ || pending_end_ || kind.runner == StepKind::Runner::search_engine || kind.is_auxiliary) return false;
  return truncated || kind.required_form != nullptr;
}

std::optional<FollowUp> RunState::follow_up_of(StepIndex step, const ChunkCompleted& completed) const {
  const OpenChunk& chunk = open_.at(step);
  const StepKind& kind = *outputs_.steps()[step].kind;
  if (!may_follow_up(step, completed.truncated)) return std::nullopt;
  // JSON that was cut is written again, as a repair.
  if (completed.truncated && kind.schema == nullptr && !chunk.continued) return continuation();
  if (kind.required_form == nullptr || chunk.repaired) return std::nullopt;
  const std::string problem = outputs_.parse(step, completed, scheduler_).problem;
  if (problem.empty()) return std::nullopt;
  return repair(problem, kind.required_form(outputs_.parse_input(step, completed.label_order, scheduler_)));
}

bool RunState::can_fall_back(StepIndex step, const std::optional<Error>& error) const {
  const bool ours = error && (error->code == ErrorCode::cancelled || error->code == ErrorCode::stream_limit);
  const OpenChunk& chunk = open_.at(step);
  return !finished_ && !ours && !chunk.follow_up && !chunk.fallbacks.empty();
}

BudgetQueue::Admission RunState::admit(StepIndex step, const core::ChatRequest& request) const {
  const auto& price = open_.at(step).member.price;
  if (!price) return {};
  int calls = 0;
  for (StepIndex i = 0; i < outputs_.steps().size(); ++i) {
    const bool calls_model = outputs_.steps()[i].kind->runner != StepKind::Runner::search_engine;
    if (calls_model && scheduler_.is_pending(i) && !budget_.budget().has_reservation(i)) ++calls;
  }
  return budget_.admit(price_of_call(*price, request), calls);
}

TaskProgress RunState::progress(std::chrono::milliseconds elapsed) const {
  return progress_.progress(outputs_, scheduler_, elapsed);
}

std::optional<CloseChunks> RunState::pending_close() const {
  if (!pending_end_ || finished_) return std::nullopt;
  return CloseChunks{pending_end_->open_chunks, pending_end_->error};
}

// --- chunks ---

void RunState::on(StepStarted fact, Effects& effects) {
  scheduler_.start(fact.step);
  const Step& step = outputs_.steps()[fact.step];
  const std::string& name = outputs_.chunk_name(fact.step);
  OpenChunk& chunk = open_[fact.step];
  chunk.member = assignment_.member_of(step);
  chunk.fallbacks = assignment_.fallbacks_of(step);
  for (const std::string& why : fact.earlier_failures) {
    if (!chunk.fallbacks.empty()) take_fallback(chunk, name, why);
  }
  if (fact.earlier_failures.empty()) replace_author(step, chunk);
  const bool recorded = fact.number > 0;
  if (!recorded) progress_.start(fact.step, elapsed_);
  const int number = recorded ? fact.number : last_number_ + 1;
  last_number_ = std::max(last_number_, number);
  chunk.source = std::make_shared<const EventSource>(
      EventSource{name, number, step.agent, step.stage, chunk.member.id, chunk.member.model, fact.first_attempt});
  effects.events.push_back(
      {ChunkStarted{step.description, std::string(event_kind_of(step, *assignment_.workflow))}, chunk.source});
}

void RunState::replace_author(const Step& step, OpenChunk& chunk) const {
  std::set<std::string> authors;
  for (const StepInput& input : step.inputs) {
    const bool judged = std::find(step.judges.begin(), step.judges.end(), input.output) != step.judges.end();
    if (!judged || input.list) continue;
    const StepOutput* output = outputs_.latest_with_output(input.step, scheduler_);
    if (output != nullptr) authors.insert(output->member.id);
  }
  const auto wrote = [&](const AssignedMember& member) { return authors.contains(member.id); };
  if (wrote(chunk.member)) {
    const auto& all = assignment_.members;
    if (const auto other = std::find_if_not(all.begin(), all.end(), wrote); other != all.end()) chunk.member = *other;
  }
  std::erase_if(chunk.fallbacks, [&](const AssignedMember& member) { return member.id == chunk.member.id; });
  // An author judges only when all others have failed.
  std::stable_partition(chunk.fallbacks.begin(), chunk.fallbacks.end(), std::not_fn(wrote));
}

void RunState::on(CallReserved fact, Effects& effects) {
  budget_.reserve(fact.step, fact.bound);
  if (fact.bound.total() > 0) effects.events.push_back({reserved_message(fact.bound), open_.at(fact.step).source});
}

void RunState::on(CallPostponed fact, Effects& effects) {
  if (!budget_.wait(fact.step)) return;
  effects.events.push_back({budget_wait_message(fact.bound, budget_.budget()), open_.at(fact.step).source});
}

void RunState::on(CallRejected fact, Effects&) { budget_.reject(fact.step, fact.failed); }

void RunState::on(AttemptFailed fact, Effects& effects) {
  OpenChunk& chunk = open_.at(fact.step);
  const Receipt receipt = receipt_of(chunk, fact, fact.status);
  outputs_.add_earlier_call(fact.step, receipt);
  if (fact.follow_up == AttemptFollowUp::retry) {
    budget_.renew(fact.step, fact.cost);
    effects.events.push_back({retry_message(fact, receipt), chunk.source});
  } else {
    chunk.continued = chunk.repaired = false;
    chunk.follow_up.reset();
    budget_.release(fact.step, fact.cost);
    effects.budget_was_freed = true;
    scheduler_.restart(fact.step);
    if (fact.follow_up == AttemptFollowUp::fallback) take_fallback(chunk, chunk.source->chunk, fact.error.message);
    effects.events.push_back({ChunkReset{fact.error.message, chunk.member.id, chunk.member.model, fact.usage, fact.cost,
                                         fact.latency_ms, fact.status, fact.generation},
                              chunk.source});
  }
  chunk.source = std::make_shared<const EventSource>(next_attempt(*chunk.source, chunk.member));
}

void RunState::on(FollowUpStarted fact, Effects& effects) {
  OpenChunk& chunk = open_.at(fact.step);
  const Receipt receipt = receipt_of(chunk, fact, ChunkStatus::ok);
  outputs_.add_earlier_call(fact.step, receipt);
  budget_.release(fact.step, fact.cost);
  effects.budget_was_freed = true;
  (fact.follow_up.kind == FollowUp::Kind::repair ? chunk.repaired : chunk.continued) = true;
  effects.events.push_back({follow_up_message(fact, receipt), chunk.source});
  chunk.source = std::make_shared<const EventSource>(next_attempt(*chunk.source, chunk.member));
  chunk.follow_up = std::move(fact);
}

void RunState::on(ChunkFinished fact, Effects& effects) {
  const auto node = open_.extract(fact.step);
  const OpenChunk& chunk = node.mapped();
  progress_.end(fact.step, elapsed_);
  budget_.release(fact.step, fact.completed.cost);
  effects.budget_was_freed = true;
  record_completion(fact.step, chunk, std::move(fact.completed), effects);
  if (!pending_end_) return draw_consequences(fact.step, chunk, effects);
  if (!open_.empty()) return;
  // Without it, the chunks that were closed with the run would be counted nowhere.
  effects.events.push_back({progress(elapsed_), nullptr});
  finish(effects);
}

void RunState::record_completion(StepIndex index, const OpenChunk& chunk, ChunkCompleted completed, Effects& effects) {
  const Step& step = outputs_.steps()[index];
  const StepOutcome outcome = outputs_.finish(index, std::move(completed), chunk.source, chunk.member, scheduler_);
  const auto& converge =
      assignment_.options.converge ? assignment_.options.converge : assignment_.workflow->converge_default;
  if (converge && step.group && step.each != Each::no && step.round >= assignment_.options.rounds_min) {
    const auto similarity = outputs_.round_similarity(index);
    const bool repeats = similarity && *similarity >= *converge;
    if (repeats && !scheduler_.later_round_started(index)) scheduler_.end_rounds(*step.group, RoundsEnd::converged);
  }
  if (outputs_.of(index).completed->status == ChunkStatus::ok) exclude_substitute(index, chunk.member.id);
  std::vector<StepIndex> shown;
  for (const auto& answer : outputs_.of(index).labeled) {
    if (answer) shown.push_back(*answer);
  }
  scheduler_.end(index, outcome, std::move(shown));
  effects.events.push_back({*outputs_.of(index).completed, chunk.source});
  for (MetricsPartial& metrics : progress_.ended_stages(outputs_, scheduler_)) {
    effects.events.push_back({std::move(metrics), nullptr});
  }
}

// A fallback filled the role of this step: it must not run the steps that exclude this role, or it would
// judge its own work.
void RunState::exclude_substitute(StepIndex index, const std::string& member) {
  const std::vector<Step>& steps = outputs_.steps();
  if (steps[index].each != Each::no || member == assignment_.member_of(steps[index]).id) return;
  for (StepIndex i = 0; i < steps.size(); ++i) {
    const auto& except = steps[i].except_roles;
    if (std::find(except.begin(), except.end(), steps[index].role) == except.end()) continue;
    if (assignment_.member_of(steps[i]).id == member) scheduler_.drop(i);
  }
}

void RunState::draw_consequences(StepIndex index, const OpenChunk& chunk, Effects& effects) {
  const Step& step = outputs_.steps()[index];
  const ChunkCompleted& completed = *outputs_.of(index).completed;
  const std::string failure = describe_failure(*chunk.source, completed.error);
  const bool ok = completed.status == ChunkStatus::ok;
  // Later steps started at their quorum without a straggler: its end is no failure, even of a step that
  // must not fail.
  const bool straggler = is_straggler(completed);
  const bool minor = step.kind->is_auxiliary;
  const bool continues = ok || straggler || minor || (step.on_error == OnError::degrade && !assignment_.options.strict);
  if (ok && !minor) warn_about(index, effects);
  const std::string& reason = chunk.fallback_reason;
  // Which search engine found the results does not matter.
  if (ok && !minor && !reason.empty() && step.kind->runner != StepKind::Runner::search_engine) {
    outputs_.degrade(fmt::format("{}; {} answered instead", reason, chunk.source->member));
  }
  if (straggler && !minor) outputs_.degrade(failure);
  if (!ok && !straggler && !minor && continues) outputs_.degrade((reason.empty() ? "" : reason + "; ") + failure);
  effects.events.push_back({progress(elapsed_), nullptr});
  if (continues) {
    effects.steps_may_start = true;
    return;
  }
  ErrorInfo error = completed.error.value_or(error_info(Error{}));
  error.message = failure;
  begin_end({std::move(error), ChunkStatus::cancelled, chunk.source}, effects);
}

void RunState::warn_about(StepIndex step, Effects& effects) {
  const StepOutput& output = outputs_.of(step);
  const auto& source = output.source;
  const std::string name = fmt::format("{} ({})", source->agent, source->chunk);
  if (output.completed->truncated) {
    effects.events.push_back({truncated_message(), source});
    outputs_.degrade(fmt::format("{}: the text stops at the token limit of the model", name));
  }
  if (const auto& names = output.completed->omitted_attachments; !names.empty()) {
    effects.events.push_back({omitted_message(source->member, names), source});
    outputs_.degrade(fmt::format("{}: {} does not accept {}", name, source->member, fmt::join(names, ", ")));
  }
  if (const auto& why = output.completed->error) outputs_.degrade(fmt::format("{}: {}", name, why->message));
  if (const std::string& problem = output.parsed->problem; !problem.empty()) {
    effects.events.push_back({unparsed_message(problem), source});
    outputs_.degrade(fmt::format("{}: {}", name, problem));
  }
}

void RunState::warn_about_open_issues() {
  const auto& review = assignment_.workflow->review;
  const StepOutput* output = review ? outputs_.latest_with_output(review->step, scheduler_) : nullptr;
  if (output == nullptr || !output->parsed->review || !output->parsed->review->issues_found) return;
  const auto reviewed = scheduler_.latest(review->step);
  const auto& steps = outputs_.steps();
  for (StepIndex i = 0; i < steps.size(); ++i) {
    // A step that ran because of these issues has worked on them.
    if (steps[i].when && outputs_.of(i).parsed && scheduler_.latest(steps[i].when->step) == reviewed) return;
  }
  const auto& issues = output->parsed->review->critical_issues;
  outputs_.degrade(
      fmt::format("{} ({}): the last review still has {}{}", output->source->agent, output->source->chunk,
                  issues.size() > 1 ? fmt::format("{} critical issues", issues.size()) : "a critical issue",
                  issues.empty() ? "" : ": " + issue_text(issues)));
}

// --- the end of the run ---

void RunState::on(PlanCompleted, Effects& effects) {
  warn_about_open_issues();
  const auto readiness = readiness_of(outputs_, scheduler_);
  if (readiness && !readiness->is_ready()) outputs_.degrade(readiness->explanation);
  auto answer = prompts_.answer(outputs_, scheduler_);
  if (!answer) {
    const Error too_large{
        ErrorCode::stream_limit,
        fmt::format("the answer of the workflow would be larger than {} MiB", rendered_answer_bytes_max >> 20),
        "Read the members' answers one by one, or let the workflow show fewer of them."};
    return begin_end({error_info(too_large)}, effects);
  }
  effects.samples = progress_.samples(outputs_, scheduler_);
  if (!is_blank(*answer)) {
    TaskResult result = build_result(outputs_, scheduler_, /*complete=*/true);
    result.answer = *std::move(answer);
    effects.events.push_back({TaskCompleted{std::move(result)}, nullptr});
    effects.has_answer = true;
    finished_ = true;
    return;
  }
  // A rejected key is the operator's to fix and has an exit code of its own.
  const Error none = outputs_.all_keys_rejected() ? Error{ErrorCode::authentication,
                                                          "no step produced an answer: every provider rejected its key"}
                                                  : Error{ErrorCode::no_usable_answer, "no step produced an answer"};
  begin_end({error_info(none)}, effects);
}

void RunState::on(CancelRequested fact, Effects& effects) {
  const std::string why = fmt::format("cancelled by {}{}{}", fact.by, fact.reason.empty() ? "" : ": ", fact.reason);
  begin_end({error_info({ErrorCode::cancelled, why}), ChunkStatus::cancelled, nullptr, std::move(fact)}, effects);
}

void RunState::on(DeadlineReached, Effects& effects) {
  const std::string whose = task_deadline_.count() > 0
                                ? "the deadline_ms of the task"
                                : fmt::format("the deadline_s of the workflow \"{}\"", assignment_.workflow->name);
  const auto limit = limit_of(assignment_.workflow->deadline, task_deadline_);
  const Error late{ErrorCode::deadline_exceeded,
                   fmt::format("the task did not finish within {} ms, {}", limit.count(), whose),
                   "Give the task a longer deadline_ms, or ask for less."};
  begin_end({error_info(late), ChunkStatus::timeout}, effects);
}

void RunState::on(RunFailed fact, Effects& effects) { begin_end({std::move(fact.error), fact.open_chunks}, effects); }

void RunState::begin_end(PendingEnd end, Effects& effects) {
  if (pending_end_ || finished_) return;
  pending_end_ = std::move(end);
  if (open_.empty()) return finish(effects);
  effects.close = pending_close();
}

void RunState::finish(Effects& effects) {
  finished_ = true;
  outputs_.degrade(pending_end_->error.message);
  TaskResult result = build_result(outputs_, scheduler_);
  if (pending_end_->cancel) {
    auto& [by, reason] = *pending_end_->cancel;
    effects.events.push_back({TaskCancelled{std::move(by), std::move(reason), std::move(result)}, nullptr});
  } else {
    effects.events.push_back({TaskError{pending_end_->error, std::move(result)}, pending_end_->source});
  }
}

}  // namespace plenum::workflow
