// Councils by name, on the real programs.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

constexpr auto councils = R"(
[councils.review]
description = "Two models, one of them a skeptic."
members = ["bench/m1", "bench/m2#skeptic"]
chairman = "bench/m3"
workflow = "synthesize"
personas = {skeptic = "You doubt."}
parameters = {max_tokens = 77}

[councils.broken]
members = ["nowhere/m1"]
)";

}  // namespace

TEST_CASE("a task that names a council gets its members, chairman, personas, parameters and workflow") {
  World world({}, councils);
  for (const auto* model : {"m1", "m2", "m3"}) world.upstream.on({.model = model}, whole_answer(model));
  const HttpReply reply =
      world.post("/api/stream/task", R"({"task":"Say something.","council":"review","workflow":"auto"})");
  REQUIRE(reply.status == 202);
  const std::string id = parse_json(reply.body)->at("stream_id");
  const auto frames = world.whole_stream(id);
  const Json result = frames.back().json()["result"];
  CHECK(result["workflow"] == "synthesize");
  CHECK(result["synthesis"] == "m3");
  CHECK(result["answers"][1]["member"] == "bench/m2#skeptic");
  CHECK(result["degraded"] == false);
  REQUIRE(world.upstream.request_count() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto request = world.upstream.request(i);
    CAPTURE(request.body);
    CHECK(request.body.find("\"max_tokens\":77") != std::string::npos);
    CHECK((request.prompt().find("You doubt.") != std::string::npos) == (request.model() == "m2"));
  }
}

TEST_CASE("councils are listed, and an error in one points to it") {
  World world({}, councils);
  const Json list = *parse_json(world.get("/api/councils").body);
  REQUIRE(list["councils"].size() == 2);
  CHECK(list["councils"][1]["name"] == "review");
  CHECK(list["councils"][1]["members"] == Json::array({"bench/m1", "bench/m2#skeptic"}));
  CHECK(list["councils"][1]["of_workflow"] == nullptr);
  const HttpReply unknown = world.post("/api/stream/task", R"({"task":"x","council":"revue"})");
  CHECK(unknown.status == 422);
  CHECK(unknown.body.find("known councils: broken, review") != std::string::npos);
  const HttpReply broken = world.post("/api/stream/task", R"({"task":"x","council":"broken","workflow":"raw"})");
  CHECK(broken.status == 422);
  CHECK(broken.body.find("\"pointer\":\"/council\"") != std::string::npos);
}

}  // namespace plenum::tests
