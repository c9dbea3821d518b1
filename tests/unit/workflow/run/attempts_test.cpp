// What a run does when a member fails, waits in a queue or is tried again.
#include <doctest/doctest.h>

#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

constexpr std::string_view one_answer = R"(name = "one"
description = "d"
roles = ["r"]
deadline_s = 100
answer = "{{answer}}"
[[steps]]
id = "answer"
agent = "Member"
stage = "answer"
prompt = "{{task}}"
timeout_s = 10
connect_timeout_s = 1.5
first_token_timeout_s = 4
idle_timeout_s = 2
)";

struct ChainFixture : RunFixture {
  // Member a/m1 with b/m2 and c/m3 behind it.
  void begin_chain(std::string_view file = one_answer) {
    fallbacks = {{{"b/m2", "b", "m2"}, {"c/m3", "c", "m3"}}};
    begin(load(file));
  }
  void break_off(ErrorCode code = ErrorCode::server) {
    providers.newest().break_off(code, "it fell over");
    turn();
    turn();
  }
};

core::ChatNotice retrying(milliseconds wait, Cost cost = {0.0, CostOrigin::estimated}) {
  core::ChatNotice notice;
  notice.kind = core::ChatNotice::Kind::retrying;
  notice.wait = wait;
  notice.error = Error{ErrorCode::rate_limit, "a: slow down"};
  notice.cost = cost;
  return notice;
}
core::ChatNotice queued(int position) {
  core::ChatNotice notice;
  notice.kind = core::ChatNotice::Kind::queued;
  notice.position = position;
  return notice;
}
core::ChatNotice begun() { return {}; }

}  // namespace

TEST_CASE_FIXTURE(ChainFixture, "a step's own deadlines go with its calls, and so does the time that is left") {
  begin_chain();
  const core::ChatRequest& request = providers.newest().request;
  CHECK(request.deadlines.connect == milliseconds(1500));
  CHECK(request.deadlines.first_token == milliseconds(4000));
  CHECK(request.deadlines.idle == milliseconds(2000));
  CHECK(request.budget == milliseconds(10'000));
  CHECK(request.due == clock.steady() + milliseconds(100'000));
}

TEST_CASE_FIXTURE(ChainFixture, "the next member of the chain replaces a failed one and its text is discarded") {
  begin_chain();
  providers.newest().text("half an ans");
  break_off();
  CHECK(providers.newest().provider == "b");
  answer(1, "whole");
  CHECK(sink.lines() == Lines{"task_started", "task_progress 0/1", "chunk_started answer:a/m1",
                              "token_stream answer:a/m1 half an ans", "chunk_reset answer:a/m1",
                              "token_stream answer:a/m1 whole", "chunk_completed answer:a/m1 ok", "task_progress 1/1",
                              "task_completed"});
  const ChunkReset& reset = sink.last<ChunkReset>();
  CHECK(reset.next_member == "b/m2");
  CHECK(reset.next_model == "m2");
  CHECK(sink.last<ChunkCompleted>().output == "whole");
  CHECK(sink.events.back().source == nullptr);
}

TEST_CASE_FIXTURE(ChainFixture, "a result without its first choice is degraded and has a receipt of every attempt") {
  begin_chain();
  break_off(ErrorCode::rate_limit);
  break_off(ErrorCode::overloaded);
  providers.newest().text("third time");
  providers.newest().end_well({1, 2, 3, {}, {}, {}}, {0.5, CostOrigin::reported});
  turn();
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.degraded);
  REQUIRE(result.reasons.size() == 1);
  CHECK(result.reasons[0] ==
        "a/m1 (answer:a/m1): it fell over; b/m2 (answer:a/m1): it fell over; c/m3 answered instead");
  REQUIRE(result.receipts.size() == 3);
  CHECK(result.receipts[0].member == "a/m1");
  CHECK(result.receipts[0].attempt == 1);
  CHECK(result.receipts[0].status == ChunkStatus::error);
  CHECK(result.receipts[1].provider == "b");
  CHECK(result.receipts[2].member == "c/m3");
  CHECK(result.receipts[2].attempt == 3);
  CHECK(result.answers.at(0).member == "c/m3");
  CHECK_FALSE(result.cost.usd);  // the cost of the failed attempts is unknown
}

TEST_CASE_FIXTURE(ChainFixture, "when the whole chain fails the last error and its text are retained") {
  begin_chain();
  break_off();
  break_off();
  providers.newest().text("final text");
  providers.newest().break_off(ErrorCode::truncated, "c: it broke off");
  turn();
  const TaskError& end = sink.last<TaskError>();
  CHECK(end.error.code == "truncated");
  CHECK(end.result.answers.at(0).text == "final text");
  CHECK(end.result.receipts.size() == 3);
}

TEST_CASE_FIXTURE(ChainFixture, "a member that is too slow is given up for the next, who has the full time") {
  begin_chain();
  pass(milliseconds(9999));
  CHECK(providers.count() == 1);
  pass(milliseconds(1));
  turn();
  CHECK_FALSE(providers.call(0).open());
  REQUIRE(providers.count() == 2);
  pass(milliseconds(9999));
  answer(1, "just in time");
  CHECK(sink.last<TaskCompleted>().result.receipts.at(0).status == ChunkStatus::timeout);
}

TEST_CASE_FIXTURE(ChainFixture, "a cancel ends the chain") {
  begin_chain();
  providers.newest().break_off(ErrorCode::server, "it fell over");
  run->cancel("client", "");
  turn();
  turn();
  CHECK(providers.count() == 1);
  CHECK(sink.lines().back() == "task_cancelled");
}

TEST_CASE_FIXTURE(ChainFixture, "a retry is reported with its wait, and the failed attempt has a receipt") {
  begin_chain();
  providers.newest().notice(begun());
  providers.newest().notice(retrying(milliseconds(3000)));
  const SystemMessage message = sink.last<SystemMessage>();
  CHECK(message.code == "retry");
  CHECK(message.level == "warning");
  CHECK(message.message == "a: slow down; retrying in 3 s (attempt 2)");
  CHECK(message.fields_json.starts_with(R"("wait_ms":3000,"attempt":2,"error":{"code":"rate_limit")"));
  providers.newest().text("x");
  CHECK(sink.events.back().source->attempt == 2);
  providers.newest().end_well({}, {0.25, CostOrigin::reported});
  turn();
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK_FALSE(result.degraded);  // the requested member answered
  REQUIRE(result.receipts.size() == 2);
  CHECK(result.receipts[0].attempt == 1);
  CHECK(result.receipts[1].attempt == 2);
  CHECK(result.cost.usd == 0.25);
}

TEST_CASE_FIXTURE(ChainFixture, "the time in a provider's queue is not the model's") {
  begin_chain();
  providers.newest().notice(queued(3));
  CHECK(sink.last<SystemMessage>().code == "queued");
  CHECK(sink.last<SystemMessage>().fields_json == R"("provider":"a","position":3)");
  pass(milliseconds(60'000));
  CHECK(providers.newest().open());
  providers.newest().notice(begun());
  pass(milliseconds(9999));
  CHECK(providers.newest().open());
  pass(milliseconds(1));
  CHECK_FALSE(providers.call(0).open());
}

TEST_CASE_FIXTURE(ChainFixture, "a retry that queues again has only what is left of its member's time") {
  begin_chain();
  providers.newest().notice(queued(1));
  pass(milliseconds(60'000));
  providers.newest().notice(begun());
  pass(milliseconds(8'000));
  providers.newest().notice(retrying(milliseconds(500)));
  pass(milliseconds(500));
  providers.newest().notice(queued(2));
  pass(milliseconds(5'000));
  providers.newest().notice(queued(1));
  pass(milliseconds(5'000));
  providers.newest().notice(begun());
  pass(milliseconds(1'499));
  CHECK(providers.call(0).open());
  pass(milliseconds(1));
  CHECK_FALSE(providers.call(0).open());
}

TEST_CASE_FIXTURE(ChainFixture, "what a failed attempt used is in its receipt and in the sum") {
  begin_chain();
  providers.newest().notice(begun());
  core::ChatNotice failed = retrying(milliseconds(10), {0.5, CostOrigin::estimated});
  failed.usage = {7, 1, 8, {}, {}, {}};
  providers.newest().notice(failed);
  providers.newest().text("x");
  providers.newest().end_well({1, 2, 3, {}, {}, {}}, {0.25, CostOrigin::reported});
  turn();
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.receipts.at(0).usage.total_tokens == 8);
  CHECK(result.usage.total_tokens == 11);
  CHECK(result.cost.usd == 0.75);
}

TEST_CASE_FIXTURE(ChainFixture, "a call aborted in the queue costs nothing, the cost of an open one is unknown") {
  const auto cost_of_cancelled = [this](bool went_out) {
    begin_chain();
    providers.newest().notice(queued(1));
    if (went_out) providers.newest().notice(begun());
    run->cancel("client", "");
    turn();
    return sink.last<TaskCancelled>().result.cost.usd;
  };
  CHECK(cost_of_cancelled(false) == 0.0);
  CHECK(cost_of_cancelled(true) == std::nullopt);
}

TEST_CASE_FIXTURE(RunFixture, "a skipped member's calls are closed and the run continues with the rest") {
  begin(load(R"(name = "two"
description = "d"
answer = "{{#answers}}{{text}};{{/answers}}"
[[steps]]
id = "answer"
agent = "M"
stage = "s"
each = "members"
output = "answers"
on_error = "degrade"
prompt = "{{task}}"
)"),
        a_task(), 2);
  CHECK_FALSE(run->skip("z/none"));
  call_of("answer:a/m1").text("part");
  CHECK(run->skip("a/m1"));
  CHECK_FALSE(call_of("answer:a/m1").open());
  CHECK(sink.last<ChunkCompleted>().status == ChunkStatus::skipped);
  CHECK(sink.last<ChunkCompleted>().output == "part");
  turn();
  answer("answer:b/m2", "two");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "two;");
  CHECK(result.degraded);
  CHECK_FALSE(run->skip("b/m2"));
}

TEST_CASE_FIXTURE(RunFixture, "skipping a member closes all its calls before the first event about it") {
  begin(R"(name = "two"
description = "d"
roles = ["r"]
answer = "{{one}}{{two}}"
[[steps]]
id = "one"
agent = "A"
stage = "s"
role = "r"
on_error = "degrade"
prompt = "{{task}}"
[[steps]]
id = "two"
agent = "B"
stage = "s"
role = "r"
on_error = "degrade"
prompt = "{{task}}"
)");
  REQUIRE(providers.open_count() == 2);
  std::vector<std::size_t> open_calls;
  sink.on_push = [&](const Event&) { open_calls.push_back(providers.open_count()); };
  CHECK(run->skip("a/m1"));
  sink.on_push = nullptr;
  REQUIRE_FALSE(open_calls.empty());
  CHECK(open_calls.front() == 0);
}

TEST_CASE_FIXTURE(ChainFixture,
                  "every attempt has a receipt with its time, parameters, prompt version and error class") {
  parameters.common.temperature = 0.25;
  begin_chain();
  const std::string first = rfc3339(clock.wall());
  clock.advance(milliseconds(500));
  providers.newest().notice(begun());
  const std::string second = rfc3339(clock.wall());
  core::ChatNotice retry = retrying(milliseconds(0));
  retry.generation.request_id = "req-1";
  retry.generation.parameters_json = "{}";
  providers.newest().notice(retry);
  break_off(ErrorCode::overloaded);
  clock.advance(milliseconds(500));
  Generation generation;
  generation.request_id = "req-3";
  providers.newest().text("whole");
  providers.newest().end_well({}, {}, "stop", generation);
  turn();
  const auto& receipts = sink.last<TaskCompleted>().result.receipts;
  REQUIRE(receipts.size() == 3);
  CHECK(receipts[0].generation.started_at == second);
  CHECK(second > first);
  CHECK(receipts[0].generation.request_id == "req-1");
  CHECK(receipts[0].generation.parameters_json == "{}");  // as sent, not as requested
  CHECK(receipts[0].generation.error_class == "rate_limit");
  CHECK(receipts[1].generation.error_class == "overloaded");
  CHECK(receipts[1].generation.parameters_json == R"({"temperature":0.25})");
  CHECK(receipts[2].member == "b/m2");
  CHECK(receipts[2].generation.request_id == "req-3");
  CHECK(receipts[2].generation.error_class.empty());
  for (const Receipt& receipt : receipts) {
    CHECK(receipt.generation.prompt_version == load(one_answer)->version + "/answer");
  }
}

TEST_CASE_FIXTURE(ChainFixture, "the receipt of a chunk that failed for good has its error class") {
  begin(load(one_answer));
  break_off(ErrorCode::content_filter);
  const auto& receipts = sink.last<TaskError>().result.receipts;
  REQUIRE(receipts.size() == 1);
  CHECK(receipts[0].status == ChunkStatus::error);
  CHECK(receipts[0].generation.error_class == "content_filter");
}

}  // namespace plenum::tests
