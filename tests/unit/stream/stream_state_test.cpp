#include "server/stream/stream_state.h"

#include <doctest/doctest.h>

using namespace plenum;
using namespace plenum::stream;

namespace {

struct StateFixture {
  void apply(EventPayload payload, std::shared_ptr<const EventSource> source = nullptr, std::int64_t t_ms = 0) {
    state.apply(Event{std::move(payload), std::move(source)},
                EventStamp{++seq, WallTime(milliseconds(1000 + t_ms)), t_ms});
  }
  static std::shared_ptr<const EventSource> source(const char* chunk, const char* agent, const char* member) {
    auto made = std::make_shared<EventSource>();
    made->chunk = chunk, made->agent = agent, made->stage = "stage of " + std::string(agent), made->member = member;
    made->attempt = 1;
    return made;
  }
  StreamState state;
  std::uint64_t seq = 0;
};

ChunkCompleted completed(ChunkStatus status, std::string output, std::int64_t latency_ms) {
  ChunkCompleted made;
  made.status = status;
  made.chars = static_cast<std::int64_t>(output.size());
  made.output = std::move(output);
  made.latency_ms = latency_ms;
  made.usage.total_tokens = 10;
  made.cost = {0.5, CostOrigin::reported};
  return made;
}

}  // namespace

TEST_CASE_FIXTURE(StateFixture, "status follows the events from the first to the last") {
  CHECK(state.status == TaskStatus::initializing);
  apply(TaskStarted{"t", "single", {{"p/m", "m"}}, ""});
  CHECK(state.status == TaskStatus::running);
  CHECK(state.members.at(0).status == "waiting");
  const auto speaker = source("answer:p/m", "Member", "p/m");
  apply(ChunkStarted{}, speaker, 10);
  CHECK(state.current_agent == "Member");
  CHECK(state.members[0].status == "running");
  apply(TokenStream{"grüß", TokenKind::text}, speaker, 35);
  CHECK(state.chunks.at(0).text == "grüß");
  CHECK(state.members[0].chars == 4);
  CHECK(state.members[0].ttft_ms == 25);
  apply(TokenStream{"thinking", TokenKind::reasoning}, speaker, 36);
  CHECK(state.chunks[0].text == "grüß");
  apply(completed(ChunkStatus::ok, "grüß", 90), speaker, 100);
  CHECK(state.members[0].status == "ok");
  CHECK(state.usage.total().total_tokens == 10);
  CHECK(state.cost == Cost{0.5, CostOrigin::reported});
  TaskResult result;
  result.answer = "grüß";
  apply(TaskCompleted{result}, nullptr, 101);
  CHECK(state.status == TaskStatus::completed);
  CHECK(state.result->answer == "grüß");
  CHECK(state.last_seq == seq);
}

TEST_CASE_FIXTURE(StateFixture,
                  "usage is unknown as soon as one call did not report it, for the task and for its member") {
  apply(TaskStarted{"t", "single", {{"p/m", "m"}, {"q/n", "n"}}, ""});
  apply(ChunkStarted{}, source("a:p/m", "Member", "p/m"));
  apply(completed(ChunkStatus::ok, "x", 1), source("a:p/m", "Member", "p/m"));
  CHECK(state.usage.total().total_tokens == 10);
  ChunkCompleted silent = completed(ChunkStatus::ok, "y", 1);
  silent.usage = {};
  apply(ChunkStarted{}, source("b:q/n", "Member", "q/n"));
  apply(silent, source("b:q/n", "Member", "q/n"));
  CHECK_FALSE(state.usage.total().known());
  CHECK(state.members.at(0).usage.total().total_tokens == 10);
  CHECK_FALSE(state.members.at(1).usage.total().known());
}

TEST_CASE_FIXTURE(StateFixture, "a reset discards the text of the failed attempt") {
  apply(TaskStarted{"t", "single", {{"p/m", "m"}}, ""});
  const auto speaker = source("answer:p/m", "Member", "p/m");
  apply(ChunkStarted{}, speaker);
  apply(TokenStream{"half an ans", TokenKind::text}, speaker);
  apply(ChunkReset{"transport", "q/n", "n", {}, {}, 0}, speaker);
  CHECK(state.chunks[0].text.empty());
  CHECK(state.chunks[0].source.attempt == speaker->attempt + 1);
  REQUIRE(state.members.size() == 2);  // the substitute is a second member
  CHECK(state.members[0].status == "error");
  CHECK(state.members[1].member.id == "q/n");
  CHECK(state.members[1].status == "running");
  apply(TokenStream{"whole", TokenKind::text}, speaker);
  CHECK(state.chunks[0].text == "whole");
}

TEST_CASE_FIXTURE(StateFixture, "the reasoning of an attempt is in the state, up to 1 MiB, and a reset discards it") {
  apply(TaskStarted{"t", "single", {{"p/m", "m"}}, ""});
  const auto speaker = source("answer:p/m", "Member", "p/m");
  apply(ChunkStarted{}, speaker);
  apply(TokenStream{"let me ", TokenKind::reasoning}, speaker);
  apply(TokenStream{"think", TokenKind::reasoning}, speaker);
  CHECK(state.chunks.at(0).reasoning == "let me think");
  CHECK(state.chunks[0].text.empty());
  CHECK(state.members[0].chars == 0);
  apply(ChunkReset{"transport", "p/m", "m", {}, {}, 0}, speaker);
  CHECK(state.chunks[0].reasoning.empty());
  for (int i = 0; i < 3; ++i) apply(TokenStream{std::string(500'000, 'x'), TokenKind::reasoning}, speaker);
  CHECK(state.chunks[0].reasoning.size() == 1 << 20);
  ChunkCompleted end = completed(ChunkStatus::ok, "x", 1);
  end.reasoning = "the last attempt's";
  apply(end, speaker);
  CHECK(state.chunks[0].reasoning == "the last attempt's");
}

TEST_CASE_FIXTURE(StateFixture, "a follow-up call continues the text of its chunk, and its usage and cost are added") {
  for (const char* code : {"repair", "continuation"}) {
    CAPTURE(code);
    state = {};
    apply(TaskStarted{"t", "single", {{"p/m", "m"}}, ""});
    const auto speaker = source("answer:p/m", "Member", "p/m");
    apply(ChunkStarted{}, speaker);
    apply(TokenStream{"first ", TokenKind::text}, speaker);
    apply(SystemMessage{"info", code, "The model is called once more.",
                        R"("attempt":2,"offset":6,"status":"ok","usage":{"total_tokens":7},)"
                        R"("cost":{"usd":0.25,"origin":"reported"},"latency_ms":40)"},
          speaker);
    CHECK(state.chunks.at(0).text == "first ");
    CHECK(state.chunks[0].source.attempt == 2);
    CHECK(state.members[0].attempt == 2);
    CHECK(state.open_chunks == 1);
    apply(TokenStream{"second", TokenKind::text}, speaker);
    CHECK(state.chunks[0].text == "first second");
    auto last = std::make_shared<EventSource>(*speaker);
    last->attempt = 2;
    apply(completed(ChunkStatus::ok, "first second", 60), last);
    CHECK(state.usage.total().total_tokens == 17);
    CHECK(*state.cost.usd == doctest::Approx(0.75));
    CHECK(state.members[0].usage.total().total_tokens == 17);
    CHECK(state.members[0].latency_ms == 100);
    CHECK(state.members[0].attempt == 2);
  }
}

TEST_CASE_FIXTURE(StateFixture, "one call of unknown cost makes the sum unknown, never zero") {
  apply(TaskStarted{"t", "single", {{"p/m", "m"}}, ""});
  const auto speaker = source("answer:p/m", "Member", "p/m");
  apply(ChunkStarted{}, speaker);
  auto unpriced = completed(ChunkStatus::ok, "x", 1);
  unpriced.cost = {};
  apply(unpriced, speaker);
  CHECK_FALSE(state.cost.usd);
  CHECK(state.cost.origin == CostOrigin::unknown);
}

TEST_CASE_FIXTURE(StateFixture, "the error and the partial result of a failed task are in the state") {
  apply(TaskStarted{"t", "single", {}, ""});
  TaskResult partial;
  partial.answer = "a partial answer";
  apply(TaskError{ErrorInfo{"truncated", "m", "r", true, {}}, partial});
  CHECK(state.status == TaskStatus::error);
  CHECK(state.error->code == "truncated");
  CHECK(state.result->answer == "a partial answer");
}

TEST_CASE_FIXTURE(StateFixture, "the texts of a result count as memory of the stream") {
  apply(TaskStarted{"t", "single", {{"p/m", "m"}}, ""});
  const std::size_t before = state.text_bytes;
  TaskCompleted end;
  end.result.answer = "answer";
  MemberAnswer answer;
  answer.text = "text of a member";
  end.result.answers = {answer};
  apply(end);
  CHECK(state.text_bytes == before + end.result.answer.size() + answer.text.size());
}
