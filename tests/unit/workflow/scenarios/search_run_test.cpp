// A search whose query a member writes: it delays no answer, and a query that was not written changes nothing else.
#include "server/workflow/catalog/catalog.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

struct SearchFixture : RunFixture {
  void begin_search(const char* name = "synthesize", std::size_t members = 2, std::string task = long_task()) {
    search = workflow::SearchMode::search;
    TaskSpec spec = a_task();
    spec.task = std::move(task);
    begin(workflow::Catalog::built_in()->find(name), std::move(spec), members);
  }
  static std::string long_task() { return std::string(300, 'w') + ".\nWhat changed in it? Thanks."; }
  bool started(std::string_view chunk) const {
    for (const Event& event : sink.events) {
      if (event.type() == EventType::chunk_started && event.source->chunk == chunk) return true;
    }
    return false;
  }
  std::string searched() { return call_of("search:e").user_prompt(); }
};

}  // namespace

TEST_CASE_FIXTURE(SearchFixture, "a member writes the query while the others answer, and the search uses it") {
  begin_search();
  CHECK(providers.count() == 3);  // two answers, then the query
  CHECK(providers.call(2).request.parameters.max_tokens == 1000);
  CHECK_FALSE(started("search:e"));
  answer("query:a/m1", "\"sqlite 3.51 changes\"\n");
  CHECK(searched() == "sqlite 3.51 changes");
  answer("search:e", "[1] A page");
  answer("answer:a/m1", "A.");
  answer("answer:b/m2", "B.");
  answer("synthesis:a/m1", "Both.");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK_FALSE(result.degraded);
  CHECK(result.answers.size() == 3);  // the query is none
  CHECK(result.receipts.size() == 5);
  CHECK(call_of("synthesis:a/m1").user_prompt().find("[1] A page") != std::string::npos);
}

TEST_CASE_FIXTURE(SearchFixture, "the member that writes the query gets the earlier turns and not the context") {
  turns = {{"What is in SQLite?", "Much."}};
  search = workflow::SearchMode::search;
  TaskSpec spec = a_task();
  spec.task = "And what changed?";
  spec.context_json = R"({"secret":"blueprint"})";
  begin(workflow::Catalog::built_in()->find("single"), std::move(spec));
  const auto& messages = call_of("query:a/m1").request.messages;
  CHECK(messages.at(1).content == "What is in SQLite?");
  for (const auto& message : messages) CHECK(message.content.find("blueprint") == std::string::npos);
  CHECK_FALSE(started("answer:a/m1"));  // a single member waits for the search
}

TEST_CASE_FIXTURE(SearchFixture, "if the query is not written, the last question of the task is searched for") {
  const auto searches_by_task = [this] {
    CHECK(searched() == "What changed in it?");
    answer("search:e", "[1] A page");
    answer("answer:a/m1", "A.");
    answer("answer:b/m2", "B.");
    answer("synthesis:a/m1", "Both.");
    CHECK_FALSE(sink.last<TaskCompleted>().result.degraded);
  };
  begin_search();
  SUBCASE("the call fails") {
    fail("query:a/m1");
    searches_by_task();
  }
  SUBCASE("the call takes too long") {
    pass(milliseconds(20'000));
    searches_by_task();
  }
  SUBCASE("the reply has no words") {
    answer("query:a/m1", "```\n```");
    searches_by_task();
  }
}

TEST_CASE_FIXTURE(SearchFixture, "with strict, too, a query that was not written does not end the task") {
  search = workflow::SearchMode::search;
  TaskSpec spec = a_task();
  spec.task = long_task();
  spec.options_json = R"({"strict":true})";
  begin(workflow::Catalog::built_in()->find("synthesize"), std::move(spec), 2);
  fail("query:a/m1");
  CHECK(started("search:e"));
}

TEST_CASE_FIXTURE(SearchFixture, "a cut query is not continued") {
  begin_search();
  call_of("query:a/m1").text("sqlite changes");
  call_of("query:a/m1").end_well({}, {}, "length");
  turn();
  CHECK(searched() == "sqlite changes");
}

TEST_CASE_FIXTURE(SearchFixture, "a short question without earlier turns costs no further call") {
  begin_search("synthesize", 2, "What changed in SQLite 3.51?");
  CHECK(providers.count() == 3);  // two answers and the search
  CHECK(searched() == "What changed in SQLite 3.51?");
  CHECK_FALSE(started("query:a/m1"));
}

TEST_CASE_FIXTURE(SearchFixture, "without a search no query is written") {
  begin(workflow::Catalog::built_in()->find("synthesize"), a_task(), 2);
  CHECK(providers.count() == 2);
}

TEST_CASE_FIXTURE(SearchFixture,
                  "the query is requested after the first answers, which a concurrency limit would delay") {
  for (const char* name : {"synthesize", "council", "debate", "arena", "adversarial", "duo"}) {
    const auto found = workflow::Catalog::built_in()->find(name);
    CAPTURE(name);
    REQUIRE(found != nullptr);
    for (const auto& step : found->steps) {
      if (step.kind->name != "query") continue;
      for (const auto& other : found->steps) {
        if (other.after.empty() && !other.kind->part_of_search) CHECK(&other < &step);
      }
    }
  }
}

}  // namespace plenum::tests
