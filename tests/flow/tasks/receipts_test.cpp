// Receipts: what the result records of every call.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

TEST_CASE("every call has a receipt with its time, the parameters sent, prompt version, request id and error class") {
  World world;
  world.upstream.next(Script::answer(503, R"({"error":{"message":"busy"}})", "application/json",
                                     {{"X-Request-Id", "req-first"}, {"Retry-After", "0"}}));
  world.upstream.next(
      Script::answer(400, R"({"error":{"message":"Unsupported parameter: 'temperature'","param":"temperature"}})",
                     "application/json", {{"Request-Id", "req-second"}}));
  world.upstream.always(whole_answer("Done."));
  const std::string id =
      world.submit("single", "Say something.", R"("parameters":{"temperature":0.5,"max_tokens":50})");
  const auto frames = world.whole_stream(id);
  CHECK(broken_rule(frames) == "");
  const Json receipts = frames.back().json()["result"]["receipts"];
  REQUIRE(receipts.size() == 3);
  const std::string version = parse_json(world.get("/api/workflows/single").body).value()["version"].get<std::string>();
  for (const Json& receipt : receipts) {
    CHECK(receipt["started_at"].get<std::string>().size() == std::string("2026-11-21T06:37:30.123Z").size());
    CHECK(receipt["prompt_version"] == version + "/answer");
  }
  CHECK(receipts[0]["request_id"] == "req-first");
  CHECK(receipts[0]["error_class"] == "overloaded");
  CHECK(receipts[0]["parameters"] == Json({{"temperature", 0.5}, {"max_tokens", 50}}));
  CHECK(receipts[1]["request_id"] == "req-second");
  CHECK(receipts[1]["error_class"] == "invalid_request");
  CHECK(receipts[2]["parameters"] == Json({{"max_tokens", 50}}));
  CHECK_FALSE(receipts[2].contains("error_class"));
  const auto markdown = world.get("/api/stream/export/" + id).body;
  CHECK(markdown.find("| req-second |") != std::string::npos);
}

}  // namespace plenum::tests
