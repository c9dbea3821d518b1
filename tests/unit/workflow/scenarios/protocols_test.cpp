// What the built-in protocols promise of their procedure, each played through: who reads what, in which order, and
// when rounds end.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "server/workflow/catalog/catalog.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

std::shared_ptr<const workflow::Workflow> protocol_named(const char* name) {
  return workflow::Catalog::built_in()->find(name);
}

bool shows(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(RunFixture,
                  "the combiner of duo reads the question and both drafts, the bold one first, whichever ends first") {
  for (const bool bold_first : {true, false}) {
    begin(protocol_named("duo"), a_task(), 3);
    const std::string first = bold_first ? "creative:a/m1" : "precise:b/m2";
    const std::string second = bold_first ? "precise:b/m2" : "creative:a/m1";
    answer(first, first.starts_with("c") ? "the bold draft's text" : "the exact draft's text");
    answer(second, second.starts_with("c") ? "the bold draft's text" : "the exact draft's text");
    const std::string prompt = call_of("combined:c/m3").user_prompt();
    CHECK(prompt.find("the bold draft's text") < prompt.find("the exact draft's text"));
    CHECK(shows(prompt, "the exact draft's text"));
    CHECK(shows(prompt, "# The question\n\nSay hello"));
    answer("combined:c/m3", "both");
    CHECK(sink.last<TaskCompleted>().result.answer == "both\n");
  }
}

TEST_CASE_FIXTURE(RunFixture, "with one draft missing duo shows the other one, degraded and not as a synthesis") {
  begin(protocol_named("duo"), a_task(), 3);
  fail("creative:a/m1");
  answer("precise:b/m2", "exact");
  CHECK(providers.count() == 2);
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "exact\n");
  CHECK(result.synthesis == "");
  CHECK(result.degraded);
}

TEST_CASE_FIXTURE(RunFixture,
                  "debaters read their peers without names, under letters that stay the same in all rounds") {
  begin(protocol_named("debate"), a_task(), 3, /*rounds_max=*/2);
  const std::vector<std::string> members = {"a/m1", "b/m2", "c/m3"};
  for (const std::string& member : members) answer("opening:" + member, "opening of " + member.substr(0, 1));
  std::string letters;
  for (const char* text : {"opening of a", "opening of b", "opening of c"}) {
    letters += label_in(call_of("reply-1:a/m1").user_prompt(), text);
  }
  for (const std::string& member : members) answer("reply-1:" + member, "reply of " + member.substr(0, 1));
  for (const std::string& reader : members) {
    const std::string& prompt = call_of("reply-2:" + reader).user_prompt();
    CHECK_FALSE(shows(prompt, "/m"));
    CHECK(label_in(prompt, "reply of a") == letters[0]);
    CHECK(label_in(prompt, "reply of b") == letters[1]);
    CHECK(label_in(prompt, "reply of c") == letters[2]);
  }
}

TEST_CASE_FIXTURE(RunFixture, "a debate whose answers still change runs all its rounds") {
  converge = 0.9;
  begin(protocol_named("debate"), a_task(), 2, /*rounds_max=*/2);
  for (const char* step : {"opening", "reply-1", "reply-2"}) {
    answer(fmt::format("{}:a/m1", step), fmt::format("{} of a has its own words", step));
    answer(fmt::format("{}:b/m2", step), fmt::format("what b writes in {} is different", step));
  }
  answer("synthesis:a/m1", "end");
  CHECK(providers.count() == 7);
  CHECK_FALSE(sink.last<TaskCompleted>().result.degraded);
}

TEST_CASE_FIXTURE(RunFixture, "the next member proposes when the first one fails, and does not criticize itself") {
  begin(protocol_named("adversarial"), a_task(), 4);
  fail("proposal:a/m1");
  turn();
  CHECK(providers.call(1).request.model == "m2");
  answer(1, "idea of the second");
  std::vector<std::string> critics;
  for (std::size_t call = 2; call < providers.count(); ++call) critics.push_back(providers.call(call).request.model);
  CHECK(std::find(critics.begin(), critics.end(), "m2") == critics.end());
  for (std::size_t call = 2, count = providers.count(); call < count; ++call) answer(call, "weak");
  answer(providers.count() - 1, "better");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "better\n");
  CHECK(result.degraded);
  CHECK(shows(result.reasons.front(), "it fell over; b/m2 answered instead"));
}

TEST_CASE_FIXTURE(RunFixture, "without any member that can propose, an adversarial run fails with the reason") {
  begin(protocol_named("adversarial"), a_task(), 3);
  for (std::size_t call = 0; call < 3; ++call) {
    providers.call(call).break_off(ErrorCode::server, "it fell over");
    turn();
    turn();
  }
  CHECK(providers.count() == 3);
  CHECK(sink.last<TaskError>().error.message == "Proposer (proposal:a/m1): it fell over");
}

TEST_CASE_FIXTURE(RunFixture, "a vote with a tie has no winner, and its answer states the tally") {
  choices = {"red", "green"};
  begin(protocol_named("vote"), a_task(), 3);
  answer("vote:a/m1", "VOTE: A");
  answer("vote:b/m2", "VOTE: B");
  fail("vote:c/m3");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  const Json votes = *parse_json(result.votes_json);
  CHECK(votes["winner"].is_null());
  CHECK(votes["tied"] == true);
  CHECK(votes["choices"][0]["votes"] == 1);
  CHECK(shows(result.answer, "red"));
  CHECK(shows(result.answer, "green"));
}

TEST_CASE_FIXTURE(RunFixture,
                  "consensus refines at most three times, reviews each time, and ends with the documentation") {
  begin(protocol_named("consensus"), a_task(), 1);
  answer("architect:a/m1", "the plan");
  answer("coder:a/m1", "a.py\n```python\nx = 0\n```");
  answer("review:a/m1", R"({"issues_found": true, "critical_issues": ["wrong x"]})");
  for (int round = 1; round <= 3; ++round) {
    const std::string refine = fmt::format("refine-{}:a/m1", round);
    const std::string prompt = call_of(refine).user_prompt();
    CHECK(shows(prompt, fmt::format("x = {}", round - 1)));
    CHECK(shows(prompt, "wrong x"));
    CHECK(shows(prompt, "the plan"));
    answer(refine, fmt::format("a.py\n```python\nx = {}\n```", round));
    answer(fmt::format("review-{}:a/m1", round), R"({"issues_found": true, "critical_issues": ["wrong x"]})");
  }
  CHECK(providers.count() == 10);
  answer(9, "how to use it");
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.files.at(0).text == "x = 3");
  CHECK(result.degraded);  // the last review still has an issue
  CHECK(shows(result.reasons.back(), "wrong x"));
}

}  // namespace plenum::tests
