#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/json/json.h"
#include "server/provider/offline/offline_text.h"
#include "tests/unit/provider/remote_fixture.h"

using namespace plenum;
using namespace plenum::tests;
using provider::offline_label;
using provider::offline_text;

namespace {

std::string answer_to(const std::string& system, const std::string& user) {
  core::ChatRequest request;
  request.model = "sample";
  if (!system.empty()) request.messages.push_back({core::ChatMessage::Role::system, system});
  request.messages.push_back({core::ChatMessage::Role::user, user});
  return offline_text(request);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::string task = "# Task\n\nBuild a REST API with JWT authentication\n";

}  // namespace

TEST_CASE("every offline text starts with a label that no model was called") {
  CHECK(answer_to("You are a software architect.", task).rfind(offline_label, 0) == 0);
  CHECK(answer_to("You are a technical writer.", task).rfind(offline_label, 0) == 0);
  CHECK(answer_to("", "Hello").rfind(offline_label, 0) == 0);
  const auto code = answer_to("You are a senior programmer.", task);
  CHECK(code.rfind("**service.py**\n\n```python\n# " + std::string(offline_label), 0) == 0);
  CHECK(code.find("```", code.find("```python") + 3) == code.size() - 4);  // one block, and nothing after it
  const auto review = parse_json(answer_to("You are a strict code reviewer.", task));
  REQUIRE(review);
  CHECK((*review)["note"] == offline_label);
}

TEST_CASE("the text fits the role and the task") {
  const auto architecture = answer_to("You are a software architect. Others write the code.", task);
  CHECK(has(architecture, "# Architecture: Build a REST API with JWT authentication"));
  CHECK(has(architecture, "Token service"));
  CHECK(has(architecture, "Router"));
  CHECK(has(answer_to("You are a technical writer.", task), "# Build a REST API with JWT authentication"));
  CHECK(has(answer_to("", "What is a plenum?\nSecond line"), "Your question: What is a plenum?"));
}

TEST_CASE("a first review reports faults, one of revised code none, so a refiner runs exactly once") {
  const auto reviewer = "You are a strict and fair code reviewer.";
  const auto fields = "Answer with {\"issues_found\": true or false, \"code_quality_score\": a number from 0 to 10}";
  const auto code = answer_to("You are a senior programmer.", task);
  const auto first = answer_to(reviewer, task + "# Code\n" + code + fields);
  const auto first_json = parse_json(first).value();
  CHECK(first_json["issues_found"] == true);
  CHECK(first_json["critical_issues"].size() == 2);
  CHECK(first_json["suggestions"].is_array());
  CHECK(first_json["code_quality_score"].is_number());
  const auto revised = answer_to("You are a senior programmer who revises code after a review.",
                                 task + "# Code\n" + code + "# Review\n" + first);
  CHECK(has(revised, "Revised after the review"));
  CHECK(revised != code);
  CHECK(parse_json(answer_to(reviewer, task + "# Code\n" + revised + fields)).value()["issues_found"] == false);
  CHECK(parse_json(answer_to(reviewer, task + "# Code\nx\n# Earlier review\n" + first + fields))
            .value()["issues_found"] == false);
}

TEST_CASE("a ranking and a vote have the requested format") {
  const auto answer_for = [](const std::string& user) {
    core::ChatRequest request;
    request.model = "sample";
    request.messages = {{core::ChatMessage::Role::user, user}};
    return offline_text(request);
  };
  const auto ranking = answer_for("Response A:\n\nx\n\nResponse B:\n\ny\n\nEnd with FINAL RANKING:\n1. Response C");
  CHECK(ranking.starts_with(offline_label));
  CHECK(ranking.find("1. Response ") != std::string::npos);
  CHECK(ranking.find("2. Response ") != std::string::npos);
  CHECK(ranking.find("3. Response ") == std::string::npos);
  const auto synthesis =
      answer_for("## Evaluator A\n\nFINAL RANKING:\n1. Response B\n2. Response A\n\n# Mean rank, 1 is best\n\n" +
                 std::string(150, 'x') + "\n\nWrite the final answer.");
  CHECK(synthesis.find("FINAL RANKING") == std::string::npos);
  const auto vote = answer_for("Which?\n\nA. red\nB. green\n\nEnd with:\n\nVOTE: X");
  CHECK((vote.ends_with("VOTE: A\n") || vote.ends_with("VOTE: B\n")));
}

TEST_CASE("a hostile task breaks neither the fence nor the quotes") {
  const auto code = answer_to("You are a senior programmer.", "# Task\n\n```\"\"\" \\ " + std::string(500, 'x') + "\n");
  CHECK(code.find("```", code.find("```python") + 3) == code.size() - 4);
  CHECK(code.find("\"\"\" '") == std::string::npos);
  CHECK(answer_to("You are a senior programmer.", "") != "");
}

TEST_CASE("the same prompt yields the same text, another prompt another text") {
  CHECK(answer_to("", "a question") == answer_to("", "a question"));
  CHECK(answer_to("", "a question") != answer_to("", "another question"));
}

TEST_CASE_FIXTURE(RemoteFixture, "an offline call emits words, counts them, costs nothing and ends with stop") {
  config::ProviderConfig table;
  table.name = "offline";
  table.kind = core::ProviderKind::offline;
  provider::ProviderSetOptions options;
  options.offline.token_delay = milliseconds(0);
  providers({table}, options);
  Listener listener;
  const auto call = start(listener, "offline");
  CHECK(listener.deltas == 0);
  REQUIRE(until([&] { return listener.ended; }));
  CHECK(listener.text.rfind(offline_label, 0) == 0);
  CHECK(listener.deltas > 30);
  CHECK(listener.end.ok);
  CHECK(listener.end.finish_reason == "stop");
  CHECK(listener.end.usage.completion_tokens == listener.deltas);
  CHECK(listener.end.usage.prompt_tokens == 1);
  CHECK(listener.end.cost == Cost{0.0, CostOrigin::reported});
}

TEST_CASE_FIXTURE(RemoteFixture, "an offline call is delayed by the clock and stops when destroyed in its callback") {
  config::ProviderConfig table;
  table.name = "offline";
  table.kind = core::ProviderKind::offline;
  provider::ProviderSetOptions options;
  options.offline.token_delay = milliseconds(2);
  providers({table}, options);
  Listener listener;
  std::unique_ptr<core::ChatCall> call;
  listener.then = [&] {
    if (listener.deltas == 3) call.reset();
  };
  const auto began = clock.steady();
  call = start(listener, "offline");
  REQUIRE(until([&] { return listener.deltas == 3; }));
  CHECK(clock.steady() - began >= milliseconds(3));
  for (int i = 0; i < 20; ++i) loop.run_once(milliseconds(1));
  CHECK(listener.deltas == 3);
  CHECK_FALSE(listener.ended);
}
