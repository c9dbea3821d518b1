// The reducer of a run alone: no loop, clock, stream or provider.
#include "server/workflow/run/state/run_state.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "server/workflow/catalog/catalog.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "server/workflow/run/restore/run_restorer.h"
#include "tests/unit/workflow/run/assignments.h"

namespace plenum::workflow {

namespace {

constexpr milliseconds now{40};
using Types = std::vector<EventType>;

// `a` and `b` start together, `c` reads both; `b` may fail.
constexpr std::string_view diamond = R"(name = "diamond"
description = "d"
roles = ["r", "s"]
answer = "{{c}}"
[[steps]]
id = "a"
agent = "A"
stage = "first"
role = "r"
prompt = "{{task}}"
[[steps]]
id = "b"
agent = "B"
stage = "first"
role = "s"
prompt = "{{task}}"
on_error = "degrade"
[[steps]]
id = "c"
agent = "C"
stage = "last"
role = "r"
inputs = ["a", "b"]
prompt = "{{a}}{{#b}} and {{b}}{{/b}}"
)";

std::shared_ptr<const Workflow> load(std::string_view file) {
  return std::make_shared<const Workflow>(load_workflow(file, "test.toml").value());
}

struct StateFixture {
  explicit StateFixture(std::shared_ptr<const Workflow> workflow = load(diamond), std::size_t members = 2)
      : assignment(tests::assign_members(std::move(workflow), members)) {
    spec.task = "Say hello";
  }

  RunState& state() {
    if (!state_) state_ = std::make_unique<RunState>(assignment, spec, "trace");
    return *state_;
  }
  Effects apply(Fact fact) { return state().apply(std::move(fact), now); }
  StepIndex step(std::string_view chunk) { return state().outputs().step_named(chunk).value(); }
  Effects start(std::string_view chunk) { return apply(StepStarted{step(chunk)}); }
  Effects finish(std::string_view chunk, std::string text = "text", ChunkStatus status = ChunkStatus::ok) {
    ChunkCompleted completed;
    completed.status = status;
    completed.output = std::move(text);
    completed.cost = {0.0, CostOrigin::reported};
    if (status != ChunkStatus::ok) completed.error = error_info({ErrorCode::server, "it failed"});
    return apply(ChunkFinished{step(chunk), std::move(completed)});
  }
  AttemptFailed failed_attempt(std::string_view chunk, AttemptFollowUp follow_up) {
    return {step(chunk), follow_up, error_info({ErrorCode::server, "it failed"}), ChunkStatus::error, {}, {}, 7};
  }

  Assignment assignment;
  TaskSpec spec;

 private:
  std::unique_ptr<RunState> state_;
};

Types types_of(const Effects& effects) {
  Types types;
  for (const Event& event : effects.events) types.push_back(event.type());
  return types;
}

template <class Payload>
const Payload& only(const Effects& effects) {
  REQUIRE(effects.events.size() == 1);
  return std::get<Payload>(effects.events.front().payload);
}

template <class Payload>
const Payload& last(const Effects& effects) {
  REQUIRE_FALSE(effects.events.empty());
  return std::get<Payload>(effects.events.back().payload);
}

using Verdict = BudgetQueue::Admission::Verdict;

std::string code_at(const Effects& effects, std::size_t i) {
  return std::get<SystemMessage>(effects.events.at(i).payload).code;
}

}  // namespace

TEST_CASE_FIXTURE(StateFixture, "a step that starts is reported under the next chunk number with its member") {
  const Effects first = start("b:b/m2");
  CHECK(*first.events.at(0).source == EventSource{"b:b/m2", 1, "B", "first", "b/m2", "m2", 1});
  CHECK(only<ChunkStarted>(first).kind == "generate");
  CHECK(start("a:a/m1").events.at(0).source->chunk_number == 2);
  CHECK(state().open_chunks().size() == 2);
  CHECK(state().scheduler().ready().empty());
}

TEST_CASE_FIXTURE(StateFixture, "a step that ends is reported before the metrics of its stage and the progress") {
  start("a:a/m1");
  start("b:b/m2");
  const Effects one = finish("a:a/m1");
  CHECK(types_of(one) == Types{EventType::chunk_completed, EventType::task_progress});
  CHECK(one.steps_may_start);
  CHECK(last<TaskProgress>(one).elapsed_ms == now.count());
  const Effects both = finish("b:b/m2");
  CHECK(types_of(both) == Types{EventType::chunk_completed, EventType::metrics_partial, EventType::task_progress});
  CHECK(state().scheduler().ready().contains(step("c:a/m1")));
}

TEST_CASE_FIXTURE(StateFixture, "a plan that is completed gives the answer and samples for later estimates") {
  start("a:a/m1");
  start("b:b/m2");
  finish("a:a/m1", "one");
  finish("b:b/m2", "two");
  start("c:a/m1");
  CHECK(state().prompt_of(step("c:a/m1"))->request.messages.back().content == "one and two");
  finish("c:a/m1", "three");
  CHECK_FALSE(state().finished());
  const Effects end = apply(PlanCompleted{});
  CHECK(only<TaskCompleted>(end).result.answer == "three");
  CHECK(end.has_answer);
  CHECK(end.samples.size() == 3);
  CHECK(state().finished());
}

TEST_CASE_FIXTURE(StateFixture, "a failure that the workflow does not allow closes what is open before the task ends") {
  start("a:a/m1");
  start("b:b/m2");
  const Effects failure = finish("a:a/m1", "", ChunkStatus::error);
  REQUIRE(failure.close);
  CHECK(failure.close->status == ChunkStatus::cancelled);
  CHECK_FALSE(failure.steps_may_start);
  CHECK_FALSE(state().finished());
  const Effects end = finish("b:b/m2", "half", ChunkStatus::cancelled);
  CHECK(types_of(end) ==
        Types{EventType::chunk_completed, EventType::metrics_partial, EventType::task_progress, EventType::task_error});
  CHECK(last<TaskError>(end).error.message == "A (a:a/m1): it failed");
  CHECK(end.events.back().source->chunk == "a:a/m1");
  CHECK(last<TaskError>(end).result.answers.size() == 2);
}

TEST_CASE_FIXTURE(StateFixture, "a failure that the workflow allows degrades the result") {
  start("b:b/m2");
  const Effects failure = finish("b:b/m2", "", ChunkStatus::error);
  CHECK(failure.steps_may_start);
  CHECK(state().outputs().reasons() == std::vector<std::string>{"B (b:b/m2): it failed"});
}

TEST_CASE_FIXTURE(StateFixture,
                  "with nothing open a cancellation ends the task at once, and only the first end counts") {
  const Effects end = apply(CancelRequested{"client", "too slow"});
  CHECK(only<TaskCancelled>(end).result.reasons == std::vector<std::string>{"cancelled by client: too slow"});
  CHECK(apply(DeadlineReached{}).events.empty());
}

TEST_CASE_FIXTURE(StateFixture, "the deadline closes what is open as timeout") {
  spec.deadline = milliseconds(5);
  start("a:a/m1");
  const Effects late = apply(DeadlineReached{});
  REQUIRE(late.close);
  CHECK(late.close->status == ChunkStatus::timeout);
  CHECK(late.close->error.message == "the task did not finish within 5 ms, the deadline_ms of the task");
}

TEST_CASE_FIXTURE(StateFixture, "a straggler that is closed ends no run, not even at a step that must not fail") {
  start("a:a/m1");
  ChunkCompleted closed;
  closed.status = ChunkStatus::skipped;
  closed.error = error_info({ErrorCode::cancelled, std::string(straggler_reason)});
  const Effects effects = apply(ChunkFinished{step("a:a/m1"), closed});
  CHECK_FALSE(effects.close);
  CHECK_FALSE(state().finished());
  CHECK(state().outputs().reasons().size() == 1);
}

TEST_CASE_FIXTURE(StateFixture,
                  "a fallback is called under the next attempt number, and the result names both members") {
  assignment.fallbacks = {{{"x/m9", "x", "m9"}}, {}};
  start("a:a/m1");
  CHECK(state().can_fall_back(step("a:a/m1"), Error{ErrorCode::server, "it failed"}));
  CHECK_FALSE(state().can_fall_back(step("a:a/m1"), Error{ErrorCode::stream_limit, "too long"}));
  CHECK_FALSE(state().can_fall_back(step("a:a/m1"), Error{ErrorCode::cancelled, "skipped"}));
  const Effects reset = apply(failed_attempt("a:a/m1", AttemptFollowUp::fallback));
  CHECK(only<ChunkReset>(reset).next_member == "x/m9");
  CHECK(reset.events.front().source->member == "a/m1");
  CHECK(state().open_chunk(step("a:a/m1")).source->member == "x/m9");
  CHECK(state().open_chunk(step("a:a/m1")).source->attempt == 2);
  CHECK_FALSE(state().can_fall_back(step("a:a/m1"), std::nullopt));
  finish("a:a/m1");
  CHECK(state().outputs().reasons() == std::vector<std::string>{"a/m1 (a:a/m1): it failed; x/m9 answered instead"});
  CHECK(state().outputs().of(step("a:a/m1")).attempts.at(0).latency_ms == 7);
}

TEST_CASE_FIXTURE(StateFixture, "a retry of the provider is a message, and its next attempt has the same member") {
  start("a:a/m1");
  AttemptFailed retry = failed_attempt("a:a/m1", AttemptFollowUp::retry);
  retry.wait = milliseconds(1500);
  CHECK(only<SystemMessage>(apply(retry)).message == "it failed; retrying in 1.5 s (attempt 2)");
  CHECK(*state().open_chunk(step("a:a/m1")).source == EventSource{"a:a/m1", 1, "A", "first", "a/m1", "m1", 2});
}

TEST_CASE_FIXTURE(StateFixture, "an answer that was truncated is followed by a warning, whatever its finish reason") {
  start("a:a/m1");
  ChunkCompleted completed;
  completed.output = "half";
  completed.finish_reason = "model_context_window_exceeded";
  completed.truncated = true;
  const Effects effects = apply(ChunkFinished{step("a:a/m1"), completed});
  CHECK(types_of(effects) == Types{EventType::chunk_completed, EventType::system_message, EventType::task_progress});
  CHECK(code_at(effects, 1) == "output_truncated");
}

TEST_CASE_FIXTURE(StateFixture, "a restart after the end of a truncated chunk emits the warning that the log lacks") {
  for (const std::string reason : {"length", "model_length", "max_tokens", "model_context_window_exceeded"}) {
    CAPTURE(reason);
    RecordedRun recorded;
    RunState live(assignment, spec, "trace");
    for (const Event& event : live.apply(StepStarted{0}, now).events) recorded.add(event, 1);
    ChunkCompleted completed;
    completed.output = "half";
    completed.finish_reason = reason;
    completed.truncated = true;
    recorded.add(live.apply(ChunkFinished{0, completed}, now).events.front(), 2);
    RunState restored(assignment, spec, "trace");
    const auto missing = restore_run(restored, Resume{recorded, Resume::Mode::continue_log, now});
    REQUIRE(missing);
    REQUIRE(missing->size() == 1);
    CHECK(std::get<SystemMessage>(missing->front().payload).code == "output_truncated");
  }
}

TEST_CASE_FIXTURE(StateFixture,
                  "a call that waits for the cost cap is reported once and is removed from the queue when it starts") {
  spec.max_cost_usd = 1.0;
  start("a:a/m1");
  start("b:b/m2");
  apply(CallReserved{step("a:a/m1"), {0.2, 0.6}});
  const CallPrice price{0.2, 0.0001, 4000};
  const CallBound bound = price.with_answer(4000);
  CHECK(state().budget().admit(price, 1).verdict == Verdict::waiting);
  CHECK(only<SystemMessage>(apply(CallPostponed{step("b:b/m2"), bound})).code == "budget_wait");
  CHECK(apply(CallPostponed{step("b:b/m2"), bound}).events.empty());
  const Effects freed = finish("a:a/m1");
  CHECK(freed.budget_was_freed);
  CHECK(state().budget().waiting() == std::set<StepIndex>{step("b:b/m2")});
  CHECK(state().budget().admit(price, 1).verdict == Verdict::granted);
  apply(CallReserved{step("b:b/m2"), bound});
  CHECK(state().budget().waiting().empty());
  CHECK(state().budget().admit({0.5, 0.0001, 5000}, 1).verdict == Verdict::waiting);
}

TEST_CASE_FIXTURE(StateFixture, "a call that never fits is rejected and removed from the queue") {
  spec.max_cost_usd = 1.0;
  start("a:a/m1");
  CHECK(state().budget().admit({2, 0.0001, 4000}, 1).verdict == Verdict::rejected);
  apply(CallPostponed{step("a:a/m1"), {2, 0}});
  apply(CallRejected{step("a:a/m1")});
  CHECK(state().budget().waiting().empty());
  CHECK(state().budget().budget().left() == 1.0);
}

TEST_CASE("a fallback that filled a role does not run the steps that exclude this role") {
  StateFixture fixture(Catalog::built_in()->find("adversarial"), 4);
  fixture.assignment.fallbacks = {{{"c/m3", "c", "m3"}}, {}, {}, {}};
  const StepIndex proposal = *fixture.state().scheduler().ready().begin();
  const std::string chunk = fixture.state().outputs().chunk_name(proposal);
  fixture.start(chunk);
  const int before = fixture.state().scheduler().total();
  fixture.apply(fixture.failed_attempt(chunk, AttemptFollowUp::fallback));
  fixture.finish(chunk);
  CHECK(fixture.state().scheduler().total() == before - 1);
}

}  // namespace plenum::workflow
