// Receipts, conversations and standings, one test per feature (scripts/features).
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/features/feature_world.h"

namespace plenum::tests {

namespace {

constexpr std::string_view talk = R"("members":["bench/m1"],"conversation_id":"talk 1")";

Json body_of(const HttpReply& reply) { return parse_json(reply.body).value(); }

}  // namespace

TEST_CASE("E8 every call has a receipt: time, parameters, prompt version, request id and error class") {
  FeatureWorld world;
  world.upstream.next(Script::answer(503, R"({"error":{"message":"busy"}})", "application/json",
                                     {{"X-Request-Id", "req-1"}, {"Retry-After", "0"}}));
  world.script_steps();
  const Json result =
      world.run("synthesize", std::string(three_members) + R"(,"parameters":{"temperature":0.5})")["result"];
  REQUIRE(result["receipts"].size() == 5);  // three answers, one of them twice, and the synthesis
  int failed = 0;
  for (const Json& receipt : result["receipts"]) {
    CHECK(receipt["started_at"].get<std::string>().ends_with("Z"));
    CHECK(receipt["parameters"]["temperature"] == 0.5);
    CHECK(receipt["prompt_version"].get<std::string>().find('/') != std::string::npos);
    if (!receipt.contains("error_class")) continue;
    ++failed;
    CHECK(receipt["error_class"] == "overloaded");
    CHECK(receipt["request_id"] == "req-1");
  }
  CHECK(failed == 1);
}

TEST_CASE("E9 conversations are listed, read, renamed and deleted, over the API and in the client") {
  FeatureWorld world;
  world.script_steps();
  world.run("single", talk, "What is the capital of France?");
  world.run("single", talk, "And of Peru?");
  const Json list = body_of(world.get("/api/conversations"))["conversations"];
  REQUIRE(list.size() == 1);
  CHECK(list[0]["title"] == "What is the capital of France?");
  CHECK(list[0]["turn_count"] == 2);
  const Json read = body_of(world.get("/api/conversations/talk%201"));
  REQUIRE(read["tasks"].size() == 2);
  CHECK(read["tasks"][1]["task"] == "And of Peru?");
  CHECK(read["tasks"][1]["answer"].get<std::string>().starts_with("the answer of m1"));
  CHECK(world.plenum({"conversations"}).out.find("talk 1") != std::string::npos);
  CHECK(world.plenum({"conversations", "show", "talk 1"}).out.find("> And of Peru?") != std::string::npos);
  CHECK(world.plenum({"conversations", "rename", "talk 1", "Capitals"}).exit_code == 0);
  CHECK(body_of(world.get("/api/conversations/talk%201"))["title"] == "Capitals");
  CHECK(world.plenum({"conversations", "delete", "--yes", "talk 1"}).exit_code == 0);
  CHECK(world.get("/api/conversations/talk%201").status == 404);
  CHECK(body_of(world.get("/api/stream/tasks"))["tasks"].empty());
  CHECK(world.plenum({"conversations", "show", "talk 1"}).exit_code == 6);
}

TEST_CASE("E13 standings follow from the rankings of past tasks, and a deleted task no longer counts") {
  FeatureWorld world;
  world.script_steps();
  const Json last = world.run("council", std::string(three_members) + R"(,"metadata":{"tag":"code"})");
  world.run("council");
  const Json all = body_of(world.get("/api/standings"));
  CHECK(all["tasks"] == 2);
  REQUIRE(all["standings"].size() == 3);
  // Labels are drawn at random per task, so two tasks may rank the models in opposite orders.
  CHECK(all["standings"][0]["rating"].get<double>() >= 1500);
  CHECK(all["standings"][2]["rating"].get<double>() <= 1500);
  const Json tagged = body_of(world.get("/api/standings?workflow=council&tag=code"));
  CHECK(tagged["tasks"] == 1);
  CHECK(body_of(world.get("/api/standings?workflow=vote"))["standings"].empty());
  CHECK(world.plenum({"standings", "--tag", "code"}).out.find("bench/m") != std::string::npos);
  CHECK(world.plenum({"delete", "--yes", last["stream_id"].get<std::string>()}).exit_code == 0);
  CHECK(body_of(world.get("/api/standings"))["tasks"] == 1);
}

}  // namespace plenum::tests
