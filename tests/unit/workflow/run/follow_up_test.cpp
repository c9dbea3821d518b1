// Follow-up calls within a chunk: an answer that cannot be read is repaired once, a cut one is continued once.
#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "server/workflow/catalog/catalog.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

std::shared_ptr<const workflow::Workflow> built_in(const char* name) {
  return workflow::Catalog::built_in()->find(name);
}

void cut(ScriptedProviders::Call& call, std::string_view text) {
  call.text(text);
  call.end_well({10, 20, 30, {}, {}, {}}, {0.5, CostOrigin::reported}, "length");
}

// The deltas of the chunk, joined.
std::string streamed(const WritingSink& sink, std::string_view chunk) {
  std::string text;
  for (const Event& event : sink.events) {
    const auto* token = std::get_if<TokenStream>(&event.payload);
    if (token != nullptr && event.source->chunk == chunk && token->kind == TokenKind::text) text += token->tokens;
  }
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(RunFixture, "a vote that cannot be read is requested once more, with what is missing") {
  choices = {"red", "green"};
  begin(built_in("vote"), a_task(), 2);
  answer("vote:a/m1", "Both are fine.");
  CHECK(providers.count() == 3);
  const auto& messages = call_of("vote:a/m1").request.messages;
  CHECK(messages.at(messages.size() - 2).content == "Both are fine.");
  CHECK(messages.back().content.find("VOTE: X") != std::string::npos);
  answer("vote:a/m1", "VOTE: B");
  answer("vote:b/m2", "Green it is.\n\nVOTE: B");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(parse_json(result.votes_json)->at("winner") == "B");
  CHECK_FALSE(result.degraded);
  CHECK(result.answers.front().text == "Both are fine.\n\nVOTE: B");
  CHECK(streamed(sink, "vote:a/m1") == result.answers.front().text);
  // One receipt for each call.
  CHECK(result.receipts.size() == 3);
  CHECK(result.receipts.at(0).attempt == 1);
  CHECK(result.receipts.at(1).attempt == 2);
  for (const Receipt& receipt : result.receipts) {
    CHECK_FALSE(receipt.generation.started_at.empty());
    CHECK(receipt.generation.prompt_version.ends_with("/vote"));
  }
}

TEST_CASE_FIXTURE(RunFixture, "an answer that cannot be read twice is not counted, and the result has the reason") {
  choices = {"red", "green"};
  begin(built_in("vote"), a_task(), 2);
  answer("vote:a/m1", "Both are fine.");
  answer("vote:a/m1", "Both, as before.");
  CHECK(providers.count() == 3);
  answer("vote:b/m2", "VOTE: B");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(parse_json(result.votes_json)->at("unparsed") == 1);
  CHECK(result.degraded);
  CHECK(result.reasons.front().starts_with("Voter (vote:a/m1): "));
}

TEST_CASE_FIXTURE(RunFixture, "a failed repair does not change the answer") {
  choices = {"red", "green"};
  begin(built_in("vote"), a_task(), 2);
  answer("vote:a/m1", "Both are fine.");
  fail("vote:a/m1");
  answer("vote:b/m2", "VOTE: B");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.degraded);
  CHECK(result.answers.front().status == ChunkStatus::ok);
  CHECK(result.receipts.at(0).status == ChunkStatus::ok);
  CHECK(result.receipts.at(1).status == ChunkStatus::error);
}

TEST_CASE_FIXTURE(RunFixture, "a review in prose is no review: it is requested as JSON, and never read by its words") {
  begin(built_in("consensus"), a_task(), 4);
  answer("architect:a/m1", "design");
  answer("coder:b/m2", "```python\nx = 1\n```");
  answer("review:c/m3", "Security vulnerability: SQL injection in login(). Do not ship this.");
  CHECK(call_of("review:c/m3").request.messages.back().content.find("issues_found") != std::string::npos);
  SUBCASE("the JSON is the verdict") {
    answer("review:c/m3", R"({"critical_issues": ["SQL injection"], "issues_found": true})");
    CHECK(sink.lines_of(EventType::chunk_started).back() == "chunk_started refine-1:b/m2");
  }
  SUBCASE("prose again is a degraded result, and neither a veto nor an approval") {
    answer("review:c/m3", "Again: do not ship it.");
    CHECK(sink.lines_of(EventType::chunk_started).back() == "chunk_started documenter:d/m4");
    CHECK(call_of("documenter:d/m4").user_prompt().find("The last review of it") == std::string::npos);
    answer("documenter:d/m4", "docs");
    const TaskResult& result = sink.last<TaskCompleted>().result;
    CHECK(result.degraded);
    CHECK(result.review_json == "");
  }
}

TEST_CASE_FIXTURE(RunFixture, "a result whose last review still has critical issues is degraded") {
  begin(built_in("consensus"), a_task(), 4, /*rounds_max=*/0);
  answer("architect:a/m1", "design");
  answer("coder:b/m2", "```python\nx = 1\n```");
  answer("review:c/m3", R"({"critical_issues": ["SQL injection"], "issues_found": true})");
  answer("documenter:d/m4", "docs");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.degraded);
  CHECK(result.reasons ==
        std::vector<std::string>{"Reviewer (review:c/m3): the last review still has a critical issue: SQL injection"});
}

TEST_CASE_FIXTURE(RunFixture, "an answer that stops at the token limit is continued once, and the parts are joined") {
  begin(built_in("single"), a_task(), 1);
  cut(call_of("answer:a/m1"), "one, tw");
  turn();
  const auto& messages = call_of("answer:a/m1").request.messages;
  CHECK(messages.at(messages.size() - 2).content == "one, tw");
  SUBCASE("a complete answer is whole") {
    answer("answer:a/m1", "o, three");
    const TaskResult& result = sink.last<TaskCompleted>().result;
    CHECK(result.answer == "one, two, three");
    CHECK(streamed(sink, "answer:a/m1") == result.answer);
    CHECK_FALSE(result.degraded);
    CHECK(result.receipts.size() == 2);
  }
  SUBCASE("one that is cut again is degraded") {
    cut(call_of("answer:a/m1"), "o, thr");
    turn();
    const TaskResult& result = sink.last<TaskCompleted>().result;
    CHECK(result.answer == "one, two, thr");
    CHECK(result.degraded);
    CHECK(result.reasons ==
          std::vector<std::string>{"Member (answer:a/m1): the text stops at the token limit of the model"});
  }
}

TEST_CASE_FIXTURE(RunFixture, "an answer that is continued has the sources of both calls") {
  begin(built_in("single"), a_task(), 1);
  call_of("answer:a/m1").text("one [1], tw");
  call_of("answer:a/m1").end_with_sources({{"One", "https://a.example"}}, "length");
  turn();
  call_of("answer:a/m1").text("o [2]");
  call_of("answer:a/m1").end_with_sources({{"One", "https://a.example"}, {"Two", "https://b.example"}});
  turn();
  const TaskResult& result = sink.last<TaskCompleted>().result;
  const std::vector<SourceRef> both{{"One", "https://a.example"}, {"Two", "https://b.example"}};
  CHECK(result.answers.front().sources == both);
  CHECK(result.sources == both);
  CHECK(result.answer == "one [1], two [2]");
}

TEST_CASE_FIXTURE(RunFixture, "the result has the sources of all members, each address once, and each answer its own") {
  begin(built_in("synthesize"), a_task(), 2);
  call_of("answer:a/m1").text("A [1]");
  call_of("answer:a/m1").end_with_sources({{"", "https://a.example"}});
  call_of("answer:b/m2").text("B [1][2]");
  call_of("answer:b/m2").end_with_sources({{"Two", "https://b.example"}, {"One", "https://a.example"}});
  turn();
  answer("synthesis:a/m1", "Both.");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.sources == std::vector<SourceRef>{{"One", "https://a.example"}, {"Two", "https://b.example"}});
  CHECK(result.answers.at(0).sources.size() == 1);
  CHECK(result.answers.at(1).sources.size() == 2);
  CHECK(result.answers.at(2).sources.empty());
}

TEST_CASE_FIXTURE(RunFixture, "later steps receive the mark that a text is incomplete") {
  begin(built_in("synthesize"), a_task(), 2);
  for (int call = 0; call < 2; ++call) {
    cut(call_of("answer:a/m1"), "half");
    turn();
  }
  answer("answer:b/m2", "whole");
  const std::string& prompt = call_of("synthesis:a/m1").user_prompt();
  CHECK(prompt.find("incomplete=\"true\">\nhalfhalf\n") != std::string::npos);
  CHECK(prompt.find("incomplete=\"true\">\nwhole") == std::string::npos);
}

TEST_CASE_FIXTURE(RunFixture, "under a cost cap a follow-up call that does not fit is not made") {
  price = core::ModelPrice{"*", 0, 100, {}, {}};
  TaskSpec spec = a_task();
  spec.max_cost_usd = 0.5;  // one call of 4,096 tokens
  begin(built_in("single"), std::move(spec));
  cut(call_of("answer:a/m1"), "one, tw");
  turn();
  turn();
  CHECK(providers.count() == 1);
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "one, tw");
  CHECK(result.degraded);
}

}  // namespace plenum::tests
