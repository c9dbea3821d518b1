#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/json/json.h"
#include "server/provider/offline/offline_behavior.h"
#include "server/provider/offline/offline_json.h"
#include "server/provider/offline/offline_text.h"
#include "tests/unit/provider/remote_fixture.h"

using namespace plenum;
using namespace plenum::tests;
using provider::offline_behavior;
using provider::offline_json;
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

TEST_CASE("a verdict is the JSON that is requested, with every answer in one position") {
  core::ChatRequest request;
  request.model = "sample";
  request.messages = {{core::ChatMessage::Role::user, "Response B:\n\nx\n\nResponse A:\n\ny\n\nWhich?"}};
  request.answer_schema = ResponseFormat{ResponseFormat::Kind::json_schema, "verdict", "{}"};
  const auto verdict = parse_json(offline_text(request));
  REQUIRE(verdict);
  CHECK((*verdict)["positions"][0]["members"] == Json::array({"B", "A"}));
  CHECK((*verdict)["headline"] == offline_label);
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

TEST_CASE("the name of an offline model states how its calls behave") {
  const auto plain = offline_behavior("sample-a").value();
  CHECK(plain.model == "sample-a");
  CHECK_FALSE(plain.failure);
  const auto all =
      offline_behavior("b+fail:rate_limit+after:20+times:2+retry_after_ms:50+delay_ms:500+token_ms:3").value();
  CHECK(all.model == "b");
  CHECK(all.failure == ErrorCode::rate_limit);
  CHECK(all.words == 20);
  CHECK(all.times == 2);
  CHECK(all.retry_after == milliseconds(50));
  CHECK(all.delay == milliseconds(500));
  CHECK(all.token_delay == milliseconds(3));
  CHECK(offline_behavior("c+cut:7").value().failure == ErrorCode::truncated);
  CHECK(offline_behavior("c+cut:7").value().words == 7);
  CHECK(offline_behavior("c+length:0").value().length == 0u);
  CHECK(offline_behavior("c+hang:1").value().hang == 1u);
  CHECK(offline_behavior("c+empty").value().empty);
}

TEST_CASE("an unknown behavior of an offline model is an error that lists the known ones") {
  for (const char* model : {"a+fly", "a+", "a+fail", "a+fail:fun", "a+delay_ms:soon", "a+delay_ms:-1",
                            "a+delay_ms:3600001", "a+empty:1", "a+after:1:2", "a++empty"}) {
    CAPTURE(model);
    const auto behavior = offline_behavior(model);
    REQUIRE_FALSE(behavior);
    CHECK(behavior.error().code == ErrorCode::invalid_request);
    CHECK(has(behavior.error().remedy, "fail:CLASS"));
  }
}

TEST_CASE("an offline answer satisfies any JSON schema that a step or a task requires") {
  const auto schema = R"({"type":"object","required":["verdict","score","positions","by"],"additionalProperties":false,
    "properties":{"verdict":{"enum":["yes","no"]},"score":{"type":"number","minimum":0,"maximum":1},
      "count":{"type":"integer","minimum":3},"kind":{"const":"v1"},"maybe":{"type":["string","null"]},
      "short":{"type":"string","maxLength":5},"long":{"type":"string","minLength":300},
      "positions":{"type":"array","minItems":2,"items":{"$ref":"#/$defs/position"}},
      "by":{"anyOf":[{"type":"null"},{"type":"integer","exclusiveMinimum":9}]}},
    "$defs":{"position":{"type":"object","required":["label","ok"],"properties":{"label":{"type":"string"},
      "ok":{"type":"boolean"},"parent":{"$ref":"#/$defs/position"}}}}})";
  const auto value = parse_json(offline_json(schema, 1)).value();
  CHECK((value["verdict"] == "yes" || value["verdict"] == "no"));
  CHECK(value["score"] == 0.5);
  CHECK(value["count"] == 3);
  CHECK(value["kind"] == "v1");
  CHECK(value["maybe"].is_string());
  CHECK(value["short"].get<std::string>().size() <= 5);
  CHECK(value["long"].get<std::string>().size() >= 300);
  REQUIRE(value["positions"].size() == 2);
  CHECK(value["positions"][0]["label"].is_string());
  CHECK(value["positions"][1]["ok"].is_boolean());
  CHECK(value["by"] == 10);
  CHECK(has(offline_json(schema, 1), "[offline]"));
  CHECK(offline_json(schema, 1) == offline_json(schema, 1));
  for (const char* odd : {"", "[]", "not JSON", R"({"$ref":"#/a"})", R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"}]})",
                          R"({"type":"array","minItems":1e9,"items":{"$ref":"#"}})"}) {
    CAPTURE(odd);
    CHECK(parse_json(offline_json(odd, 3)));
  }
  core::ChatRequest request;
  request.model = "sample-a";
  request.messages = {{core::ChatMessage::Role::user, "Judge this."}};
  request.answer_schema = ResponseFormat{ResponseFormat::Kind::json_schema, "verdict", schema};
  CHECK(parse_json(offline_text(request)).value().contains("positions"));
  request.answer_schema.reset();
  request.parameters.response_format = ResponseFormat{ResponseFormat::Kind::json_object, "", ""};
  CHECK(parse_json(offline_text(request)).value()["note"] == offline_label);
}

namespace {

struct OfflineFixture : RemoteFixture {
  OfflineFixture() {
    config::ProviderConfig table;
    table.name = "offline";
    table.kind = core::ProviderKind::offline;
    table.retries_max = 2;
    provider::ProviderSetOptions options;
    options.offline.token_delay = milliseconds(0);
    providers({table}, options);
  }
  // Runs one call of this model to its end.
  Listener run(const std::string& model) {
    Listener listener;
    core::ChatRequest request;
    request.model = model;
    request.messages = {{core::ChatMessage::Role::user, "hello"}};
    const auto call = set->start("offline", request, listener);
    REQUIRE(until([&] { return listener.ended; }));
    return listener;
  }
};

}  // namespace

TEST_CASE_FIXTURE(OfflineFixture, "an offline call fails on demand, before its first word or after some") {
  const auto whole = run("sample-a");
  REQUIRE(whole.end.ok);
  CHECK(whole.end.generation.model == "sample-a");
  const auto before = run("sample-a+fail:authentication");
  CHECK(before.error() == ErrorCode::authentication);
  CHECK(before.text.empty());
  const auto later = run("sample-a+fail:server+after:4");
  CHECK(later.error() == ErrorCode::server);
  CHECK(later.deltas == 4);
  CHECK(whole.text.rfind(later.text, 0) == 0);
  const auto cut = run("sample-a+cut:5");
  CHECK(cut.error() == ErrorCode::truncated);
  CHECK(cut.deltas == 5);
  CHECK(run("sample-a+fail:server+after:999999").error() == ErrorCode::server);
  CHECK(run("sample-a+fly").message().find("no behavior") != std::string::npos);
}

TEST_CASE_FIXTURE(OfflineFixture, "an offline answer stops at a length on demand, or is empty") {
  const auto cut = run("sample-a+length:3");
  CHECK(cut.end.ok);
  CHECK(cut.end.cut_short);
  CHECK(cut.end.finish_reason == "length");
  CHECK(cut.end.usage.completion_tokens == 3);
  CHECK(run("sample-a+length:0").error() == ErrorCode::truncated);
  CHECK(run("sample-a+empty+times:9").error() == ErrorCode::server);
}

TEST_CASE_FIXTURE(OfflineFixture, "a failure that happens once is retried, and the retry answers") {
  for (int i = 0; i < 2; ++i) {  // the count starts again after the answer
    const auto retried = run("sample-a+fail:rate_limit+times:1+retry_after_ms:1");
    CHECK(retried.end.ok);
    CHECK(retried.end.generation.model == "sample-a");
  }
  CHECK(run("sample-a+fail:rate_limit+retry_after_ms:1").error() == ErrorCode::rate_limit);
}

TEST_CASE_FIXTURE(OfflineFixture, "an offline call hangs on demand until it is aborted") {
  Listener listener;
  core::ChatRequest request;
  request.model = "sample-a+hang:2+delay_ms:1";
  request.messages = {{core::ChatMessage::Role::user, "hello"}};
  auto call = set->start("offline", request, listener);
  REQUIRE(until([&] { return listener.deltas == 2; }));
  for (int i = 0; i < 20; ++i) loop.run_once(milliseconds(1));
  CHECK_FALSE(listener.ended);
  CHECK(listener.deltas == 2);
  call.reset();
}
