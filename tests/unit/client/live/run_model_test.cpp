#include "client/cli/live/run_model.h"

#include <doctest/doctest.h>

#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/live/transcript.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

const auto ada = source_of("answer:lab/ada", 1, "Member", "answers", "lab/ada");
const auto bob = source_of("answer:lab/bob", 2, "Member", "answers", "lab/bob");
const SteadyTime start{std::chrono::hours(1)};

struct ModelFixture {
  RunModel model;
  std::uint64_t seq = 0;

  void at(std::int64_t t_ms, const Event& event) {
    model.apply(*parse_event(event_json(event, ++seq, t_ms)), start + milliseconds(t_ms));
  }
  void begin() { at(0, {TaskStarted{"task", "council", {{"lab/ada", "ada"}, {"lab/bob", "bob"}}, ""}, nullptr}); }
  const RunRow& row(std::size_t index) const { return model.rows()[index]; }
};

Event message(const std::shared_ptr<const EventSource>& source, std::string code, std::string fields) {
  SystemMessage one;
  one.code = std::move(code);
  one.message = "text";
  one.fields_json = std::move(fields);
  return {std::move(one), source};
}

Event started_as(const std::shared_ptr<const EventSource>& source, std::string kind) {
  return {ChunkStarted{"", std::move(kind)}, source};
}

}  // namespace

TEST_CASE_FIXTURE(ModelFixture, "every member of a task has a row from its start") {
  begin();
  REQUIRE(model.rows().size() == 2);
  CHECK(row(0).name == "lab/ada");
  CHECK(row(1).state == RowState::waiting);
}

TEST_CASE_FIXTURE(ModelFixture, "a row goes from calling over thinking and writing to done") {
  begin();
  at(100, started_as(ada, "generate"));
  CHECK(row(0).state == RowState::calling);
  CHECK(row(1).state == RowState::waiting);
  at(600, token(ada, "Consider", TokenKind::reasoning));
  CHECK(row(0).state == RowState::thinking);
  CHECK(row(0).call.ttft_ms == 500);
  at(1'600, token(ada, "The answer is here"));
  CHECK(row(0).state == RowState::writing);
  CHECK(row(0).words.text() == "The answer is here");
  CHECK(row(0).all_tokens().estimated == 2 + 5);
  CHECK(*tokens_per_second(row(0)) == doctest::Approx(7.0));
  ChunkCompleted done;
  done.output = "The answer is here";
  done.usage.completion_tokens = 9;
  done.cost = {0.002, CostOrigin::reported};
  done.latency_ms = 2'000;
  done.ttft_ms = 500;
  at(2'100, {done, ada});
  CHECK(row(0).state == RowState::done);
  CHECK(row(0).all_tokens().reported == 9);  // exact, no longer estimated
  CHECK(row(0).all_tokens().estimated == 0);
  CHECK(*tokens_per_second(row(0)) == doctest::Approx(6.0));
  CHECK(row(0).cost.usd == 0.002);
  CHECK(done_word(row(0)) == "answered");
}

TEST_CASE_FIXTURE(ModelFixture, "a queued call has its position, and a retried one the time of the next attempt") {
  begin();
  at(100, started_as(ada, "generate"));
  at(110, message(ada, "queued", R"("provider":"lab","position":3)"));
  CHECK(row(0).state == RowState::queued);
  CHECK(row(0).queue_position == 3);
  at(1'000, message(ada, "retry", R"("wait_ms":4000,"attempt":2,"error":{"code":"rate_limit","message":"HTTP 429"})"));
  CHECK(row(0).state == RowState::retrying);
  CHECK(row(0).retry_at_ms == 5'000);
  CHECK(row(0).note == "HTTP 429");
  CHECK(row(0).attempts == 2);
}

TEST_CASE_FIXTURE(ModelFixture, "later chunks of a member continue its row, parallel ones have their own") {
  begin();
  at(1, started_as(ada, "generate"));
  at(2, completed(ada, "x"));
  const auto ranking = source_of("ranking:lab/ada", 3, "Reviewer", "rankings", "lab/ada");
  at(3, started_as(ranking, "rank"));
  REQUIRE(model.rows().size() == 2);
  CHECK(doing_word(row(0)) == "ranking");
  at(4, started_as(source_of("vote:lab/ada", 4, "Voter", "vote", "lab/ada"), "vote"));
  CHECK(model.rows().size() == 3);
}

TEST_CASE_FIXTURE(ModelFixture, "a task with one member has a row per agent") {
  at(0, {TaskStarted{"task", "consensus", {{"lab/ada", "ada"}}, ""}, nullptr});
  CHECK(model.rows().empty());
  const auto coder = source_of("coder:lab/ada", 1, "Coder", "implementation", "lab/ada");
  at(1, started_as(coder, "generate"));
  at(2, completed(coder, "x"));
  at(3, started_as(source_of("review:lab/ada", 2, "Reviewer", "review", "lab/ada"), "review"));
  REQUIRE(model.rows().size() == 2);
  CHECK(row(0).name == "Coder");
  CHECK(row(1).name == "Reviewer");
}

TEST_CASE_FIXTURE(ModelFixture, "the remaining time is the estimate less the elapsed time, and unknown past it") {
  begin();
  CHECK_FALSE(model.remaining_ms(start));
  TaskProgress progress;
  progress.total_chunks = 4;
  progress.estimated_time = 10.0;
  at(1'000, {progress, nullptr});
  CHECK(model.elapsed_ms(start + milliseconds(4'000)) == 4'000);
  CHECK(model.remaining_ms(start + milliseconds(4'000)) == 6'000);
  CHECK_FALSE(model.remaining_ms(start + milliseconds(12'000)));
  at(12'500, answered("x"));
  CHECK(model.elapsed_ms(start + milliseconds(60'000)) == 12'500);
}

TEST_CASE("the elapsed time of a stream that is joined late is that of the task, not of the client") {
  RunModel model;
  ReceivedEvent event;
  event.seq = 1;
  event.t_ms = 0;
  model.apply(event, start + milliseconds(30'000));  // replayed
  event.seq = 2;
  event.t_ms = 29'990;
  model.apply(event, start + milliseconds(30'001));
  CHECK(model.elapsed_ms(start + milliseconds(31'000)) == 30'989);
}

TEST_CASE_FIXTURE(ModelFixture, "a failure has its cause, and a skipped member its reason") {
  begin();
  at(1, started_as(ada, "generate"));
  ChunkCompleted failed;
  failed.status = ChunkStatus::error;
  failed.error = ErrorInfo{"authentication", "HTTP 401: wrong key", "Check the key.", false, {}};
  at(2, {failed, ada});
  CHECK(row(0).state == RowState::failed);
  CHECK(row(0).note == "HTTP 401: wrong key");
  TaskCompleted end;
  end.result.skipped = {{"lab/bob", "no key"}};
  at(3, {end, nullptr});
  CHECK(row(1).state == RowState::skipped);
  CHECK(row(1).note == "no key");
}

TEST_CASE_FIXTURE(ModelFixture, "a snapshot replaces what was known of the rows") {
  begin();
  at(1, started_as(ada, "generate"));
  at(2, token(ada, "old text"));
  Snapshot snapshot;
  snapshot.state_json =
      R"({"progress":{"total_chunks":5,"completed":1,"pending":["answer:lab/bob"]},"chunks":[)"
      R"({"chunk":"answer:lab/ada","member":"lab/ada","stage":"answers","status":"ok","text":"whole","usage":{"completion_tokens":7}},)"
      R"({"chunk":"answer:lab/bob","member":"lab/bob","stage":"answers","status":"running","text":"part"}]})";
  at(10, {snapshot, nullptr});
  REQUIRE(model.rows().size() == 2);
  CHECK(row(0).state == RowState::done);
  CHECK(row(0).all_tokens().reported == 7);
  CHECK(row(1).state == RowState::writing);
  CHECK(model.totals().total_chunks == 5);
  CHECK(model.has_pending(row(1)));
  CHECK_FALSE(model.has_pending(row(0)));
}

TEST_CASE_FIXTURE(ModelFixture, "memory is bounded, however many tokens and chunks arrive") {
  begin();
  at(1, started_as(ada, "generate"));
  for (int i = 0; i < 20'000; ++i) at(2, token(ada, "token "));
  CHECK(row(0).words.text().size() <= 2 * TextTail::bytes_max);
  for (int i = 0; i < 1'000; ++i) {
    at(3, started_as(source_of("x" + std::to_string(i), i, "A", "s", "lab/" + std::to_string(i)), "generate"));
  }
  CHECK(model.rows().size() <= RunModel::rows_max);
}
