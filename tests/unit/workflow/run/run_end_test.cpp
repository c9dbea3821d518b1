// How runs end when they do not end well.
#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/utf8.h"
#include "server/workflow/run/run.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

constexpr std::string_view one_step = R"(name = "one"
description = "d"
roles = ["r"]
answer = "{{answer}}"
[[steps]]
id = "answer"
agent = "Member"
stage = "answer"
prompt = "{{task}}"
)";

// Two steps side by side, then one that wants both; `b` may fail.
constexpr std::string_view diamond = R"(name = "diamond"
description = "d"
roles = ["r"]
answer = "{{c}}"
[[steps]]
id = "a"
agent = "A"
stage = "s"
prompt = "{{task}}"
[[steps]]
id = "b"
agent = "B"
stage = "s"
prompt = "{{task}}"
on_error = "degrade"
timeout_s = 10
[[steps]]
id = "c"
agent = "C"
stage = "s"
inputs = ["a", "b"]
prompt = "{{a}}{{#b}} and {{b}}{{/b}}{{^b}} alone{{/b}}"
)";

}  // namespace

TEST_CASE_FIXTURE(RunFixture, "a failed step ends the task with its error and keeps the partial text") {
  begin(one_step);
  providers.newest().text("Hel");
  providers.newest().break_off(ErrorCode::truncated, "the stream ended early");
  turn();
  CHECK(sink.lines() == Lines{"task_started", "task_progress 0/1", "chunk_started answer:a/m1",
                              "token_stream answer:a/m1 Hel", "chunk_completed answer:a/m1 error", "task_progress 1/1",
                              "task_error answer:a/m1 truncated"});
  CHECK(sink.last<ChunkCompleted>().error->code == "truncated");
  const auto& error = sink.last<TaskError>();
  CHECK(error.error.message == "Member (answer:a/m1): the stream ended early");
  CHECK(error.result.answer.empty());
  CHECK(error.result.degraded);
  CHECK(error.result.reasons == Lines{"Member (answer:a/m1): the stream ended early"});
  REQUIRE(error.result.answers.size() == 1);
  CHECK(error.result.answers[0].text == "Hel");
  CHECK(error.result.answers[0].status == ChunkStatus::error);
  CHECK(error.result.receipts.size() == 1);
}

TEST_CASE_FIXTURE(RunFixture,
                  "an endless answer is cut at its limit, its call is closed and the text so far is retained") {
  begin(one_step);
  // A little over a mebibyte each, so that the bound falls somewhere inside the last one.
  const std::string piece = std::string(1024 * 1024, 'x') + "\xc3\xa4";
  for (int i = 0; i < 8; ++i) providers.newest().text(piece);
  turn();
  CHECK(providers.open_count() == 0);
  const auto& error = sink.last<TaskError>();
  CHECK(error.error.code == "stream_limit");
  CHECK(sink.last<ChunkCompleted>().error->remedy.find("answer_bytes_max") != std::string::npos);
  const std::string& text = error.result.answers.at(0).text;
  CHECK(text.size() <= 8 * 1024 * 1024);
  CHECK(text.size() > 8 * 1024 * 1024 - 4);
  CHECK(is_utf8(text));
}

TEST_CASE_FIXTURE(RunFixture, "a failed step that may fail only degrades the result, and its text is not used") {
  begin(diamond);
  providers.call(1).text("half a tho");
  providers.call(1).break_off(ErrorCode::transport, "connection reset");
  answer(0, "first");
  CHECK(providers.newest().user_prompt() == "first alone");
  answer(2, "done");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "done");
  CHECK(result.degraded);
  CHECK(result.reasons == Lines{"B (b:a/m1): connection reset"});
}

TEST_CASE_FIXTURE(RunFixture, "when a step fails for good, concurrent calls are closed and reported") {
  begin(diamond);
  providers.call(0).break_off(ErrorCode::authentication, "bad key");
  CHECK(providers.open_count() == 0);
  CHECK(sink.lines_of(EventType::chunk_completed) ==
        Lines{"chunk_completed a:a/m1 error", "chunk_completed b:a/m1 cancelled"});
  CHECK(sink.lines().back() == "task_error a:a/m1 authentication");
  turn();
  CHECK(providers.count() == 2);
}

TEST_CASE_FIXTURE(RunFixture, "a step over its timeout ends as timeout and the run continues if it may") {
  begin(diamond);
  answer(0, "first");
  pass(seconds(10));
  CHECK(sink.lines_of(EventType::chunk_completed).back() == "chunk_completed b:a/m1 timeout");
  CHECK(sink.last<ChunkCompleted>().error->code == "timeout");
  CHECK(sink.last<ChunkCompleted>().error->message ==
        "no complete answer within 10000 ms, the timeout_s of this step of the workflow \"diamond\"");
  CHECK_FALSE(sink.last<ChunkCompleted>().ttft_ms);
  CHECK(providers.newest().user_prompt() == "first alone");
}

TEST_CASE_FIXTURE(RunFixture, "the caller's deadline for a member holds when it is shorter than the step's") {
  TaskSpec spec = a_task();
  spec.member_deadline = milliseconds(500);
  begin(load(one_step), spec);
  pass(milliseconds(499));
  CHECK(providers.open_count() == 1);
  pass(milliseconds(1));
  CHECK(providers.open_count() == 0);
  CHECK(sink.lines().back() == "task_error answer:a/m1 timeout");
  const ErrorInfo& error = sink.last<TaskError>().error;
  CHECK(error.message == "Member (answer:a/m1): no complete answer within 500 ms, the member_deadline_ms of the task");
  CHECK(error.remedy.find("longer member_deadline_ms") != std::string::npos);
}

TEST_CASE_FIXTURE(RunFixture, "a requested deadline beyond the workflow's is granted") {
  TaskSpec spec = a_task();
  spec.member_deadline = seconds(20);
  SUBCASE("for a member") {
    begin(load(diamond), spec);
    pass(seconds(19));
    CHECK(providers.open_count() == 2);
    answer(1, "late");
    answer(0, "first");
    CHECK(providers.newest().user_prompt() == "first and late");
  }
  SUBCASE("for the task") {
    spec.deadline = seconds(30);
    begin(load(std::string("deadline_s = 5\n").append(one_step)), spec);
    pass(seconds(19));
    answer(0, "late");
    CHECK(sink.lines().back() == "task_completed");
  }
}

TEST_CASE_FIXTURE(RunFixture, "the deadline of the task ends everything") {
  TaskSpec spec = a_task();
  spec.deadline = seconds(3);
  begin(load(diamond), spec);
  providers.call(0).text("so far");
  pass(seconds(3));
  CHECK(providers.open_count() == 0);
  CHECK(sink.lines_of(EventType::chunk_completed) ==
        Lines{"chunk_completed a:a/m1 timeout", "chunk_completed b:a/m1 timeout"});
  CHECK(sink.lines().back() == "task_error deadline_exceeded");
  CHECK(sink.last<TaskError>().result.answers[0].text == "so far");
  CHECK(sink.last<TaskError>().error.message == "the task did not finish within 3000 ms, the deadline_ms of the task");
}

TEST_CASE_FIXTURE(RunFixture, "without a deadline of the caller's the workflow's holds") {
  begin(std::string("deadline_s = 60\n").append(one_step));
  pass(seconds(60));
  CHECK(sink.lines().back() == "task_error deadline_exceeded");
  const ErrorInfo& error = sink.last<TaskError>().error;
  CHECK(error.message == "the task did not finish within 60000 ms, the deadline_s of the workflow \"one\"");
  CHECK(error.remedy.find("longer deadline_ms") != std::string::npos);
}

TEST_CASE_FIXTURE(RunFixture, "cancel closes the upstream call before the first token and reports the partial result") {
  begin(one_step);
  run->cancel("user", "changed my mind");
  CHECK(providers.open_count() == 0);
  CHECK(sink.lines().back() == "task_cancelled");
  CHECK(sink.lines_of(EventType::chunk_completed) == Lines{"chunk_completed answer:a/m1 cancelled"});
  CHECK(sink.last<TaskCancelled>().by == "user");
  CHECK(sink.last<TaskCancelled>().reason == "changed my mind");
  CHECK(sink.last<TaskCancelled>().result.reasons == Lines{"cancelled by user: changed my mind"});
  turn();
  turn();
  CHECK(finished_calls == 1);
}

TEST_CASE_FIXTURE(RunFixture, "cancel keeps what was produced and starts nothing more") {
  begin(diamond);
  providers.call(0).answer("first");
  providers.call(1).text("half");
  run->cancel("user", "");
  turn();
  const TaskResult& result = sink.last<TaskCancelled>().result;
  REQUIRE(result.answers.size() == 2);
  CHECK(result.answers[0].text == "first");
  CHECK(result.answers[1].text == "half");
  CHECK(result.answers[1].status == ChunkStatus::cancelled);
  CHECK(providers.count() == 2);
}

TEST_CASE_FIXTURE(RunFixture, "chunks closed by the end of the task are counted before the terminal event") {
  begin(diamond);
  answer(0, "first");
  const std::size_t reported = sink.lines_of(EventType::task_progress).size();
  SUBCASE("by a cancel") { run->cancel("user", ""); }
  SUBCASE("by the deadline of the workflow") { pass(seconds(900)); }
  SUBCASE("by a failure from outside") { run->fail({ErrorCode::stream_limit, "the log is full"}); }
  const TaskProgress& progress = sink.last<TaskProgress>();
  CHECK(progress.completed_chunks == Lines{"a:a/m1", "b:a/m1"});
  CHECK(std::count(progress.pending.begin(), progress.pending.end(), "b:a/m1") == 0);
  CHECK(sink.lines_of(EventType::task_progress).size() == reported + 1);
  CHECK(sink.events[sink.events.size() - 2].type() == EventType::task_progress);
}

TEST_CASE_FIXTURE(RunFixture, "after the end neither cancel nor fail emits anything") {
  begin(one_step);
  answer(0, "x");
  const std::size_t emitted = sink.events.size();
  run->cancel("user", "late");
  run->fail({ErrorCode::stream_limit, "late"});
  pass(std::chrono::hours(1));
  CHECK(sink.events.size() == emitted);
}

TEST_CASE_FIXTURE(RunFixture, "a run that is failed from outside ends with that error") {
  begin(one_step);
  run->fail({ErrorCode::stream_limit, "the log is full"});
  CHECK(providers.open_count() == 0);
  CHECK(sink.lines().back() == "task_error stream_limit");
}

TEST_CASE_FIXTURE(RunFixture, "a model that ends without text has failed") {
  begin(one_step);
  providers.newest().answer(" \n");
  turn();
  CHECK(sink.lines().back() == "task_error answer:a/m1 no_usable_answer");
}

TEST_CASE_FIXTURE(RunFixture, "a run whose every step may fail and does has no usable answer") {
  begin(std::string(one_step).append("on_error = \"degrade\"\n"));
  providers.newest().break_off(ErrorCode::server, "boom");
  turn();
  CHECK(sink.lines().back() == "task_error no_usable_answer");
  CHECK(sink.last<TaskError>().result.reasons.size() == 2);
}

TEST_CASE_FIXTURE(RunFixture, "a full queue ends the run, and its last events wait for capacity") {
  begin(one_step);
  providers.newest().text("taken");
  sink.capacity = 0;
  providers.newest().text(" refused");
  turn();
  CHECK(providers.open_count() == 0);
  CHECK(run->finished());
  CHECK(finished_calls == 0);
  sink.capacity = 1;
  pass(milliseconds(5));
  CHECK(sink.last<ChunkCompleted>().output == "taken");
  sink.capacity = 100;
  pass(milliseconds(5));
  CHECK(sink.lines().back() == "task_error stream_limit");
  turn();
  CHECK(finished_calls == 1);
}

TEST_CASE_FIXTURE(RunFixture, "a terminal event that finds the queue full is not lost") {
  begin(one_step);
  providers.newest().text("all of it");
  sink.capacity = 3;  // chunk_completed, metrics_partial and task_progress
  providers.newest().end_well();
  turn();
  CHECK(run->finished());
  CHECK(sink.lines().back() == "task_progress 1/1");
  sink.capacity = 1;
  pass(milliseconds(5));
  CHECK(sink.lines().back() == "task_completed");
  turn();
  CHECK(finished_calls == 1);
}

TEST_CASE_FIXTURE(RunFixture, "a destroyed run closes its calls and emits nothing more") {
  begin(diamond);
  providers.call(0).answer("first");
  const std::size_t emitted = sink.events.size();
  run.reset();
  CHECK(providers.open_count() == 0);
  pass(std::chrono::hours(1));
  CHECK(sink.events.size() == emitted);
  CHECK(finished_calls == 0);
}

}  // namespace plenum::tests
