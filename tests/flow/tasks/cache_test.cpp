// The answer to an identical earlier task comes from the cache, complete and marked, without a model call.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

Settings with_cache() { return {{"cache_bytes_max", "1000000"}}; }

constexpr std::string_view three_members = R"("members":["bench/a","bench/b","bench/c"])";

bool is_hit(const std::vector<Frame>& frames) {
  for (const Json& event : events_named(frames, "system_message")) {
    if (event["code"] == "cache_hit") return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the same task again is answered from the cache, in one shot and without any call") {
  World world(with_cache());
  world.upstream.always(whole_answer("An answer of several words."));
  const std::string first = world.submit("synthesize", "Which?", three_members);
  (void)world.whole_stream(first);
  const std::size_t requests = world.upstream.request_count();
  const std::string second = world.submit("synthesize", "Which?", three_members);
  const auto frames = world.whole_stream(second);
  CHECK(broken_rule(frames) == "");
  CHECK(is_hit(frames));
  CHECK(world.upstream.request_count() == requests);
  CHECK(events_named(frames, "chunk_started").size() == 4);
  const auto tokens = events_named(frames, "token_stream");
  const auto completed = events_named(frames, "chunk_completed");
  REQUIRE(tokens.size() == 4);
  REQUIRE(completed.size() == 4);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    CHECK(tokens[i]["tokens"] == completed[i]["output"]);
    CHECK(completed[i]["cached"] == true);
    CHECK(completed[i]["cost"]["usd"] == 0.0);
  }
  const Json before = world.result(first), after = world.result(second);
  CHECK(after["cached"] == true);
  CHECK(before["cached"] == false);
  CHECK(after["answer"] == before["answer"]);
  CHECK(after["synthesis"] == before["synthesis"]);
  CHECK(after["receipts"].empty());
  CHECK(world.status(second)["status"] == "completed");
  CHECK(world.status(second)["chunks_completed"] == 4);
}

TEST_CASE("a task with `cache: false` calls its model again and is not cached") {
  World world(with_cache());
  world.upstream.always(whole_answer("An answer."));
  (void)world.whole_stream(world.submit("single", "One?", R"("cache":false)"));
  CHECK_FALSE(is_hit(world.whole_stream(world.submit("single", "One?"))));
  CHECK_FALSE(is_hit(world.whole_stream(world.submit("single", "One?", R"("cache":false)"))));
  CHECK(world.upstream.request_count() == 3);
}

TEST_CASE("a failed or degraded answer is not cached") {
  World world(with_cache());
  world.upstream.on({.model = "a", .times = 1}, Script::answer(400, R"({"error":{"message":"no"}})"));
  world.upstream.always(whole_answer("An answer."));
  const auto degraded = world.whole_stream(world.submit("synthesize", "Which?", three_members));
  CHECK(degraded.back().json()["result"]["degraded"] == true);
  const auto again = world.whole_stream(world.submit("synthesize", "Which?", three_members));
  CHECK_FALSE(is_hit(again));
  CHECK(again.back().json()["result"]["degraded"] == false);
}

TEST_CASE("the next question of a conversation has other turns before it and is no hit") {
  World world(with_cache());
  world.upstream.always(whole_answer("An answer."));
  (void)world.whole_stream(world.submit("single", "Continue.", R"("conversation_id":"c")"));
  CHECK_FALSE(is_hit(world.whole_stream(world.submit("single", "Continue.", R"("conversation_id":"c")"))));
  CHECK(is_hit(world.whole_stream(world.submit("single", "Continue.", R"("conversation_id":"d")"))));
}

TEST_CASE("a hit in a stream whose queue is small loses no event") {
  Settings settings = with_cache();
  settings["queue_events_max"] = "64";
  World world(settings);
  world.upstream.always(whole_answer("A statement."));
  constexpr std::string_view debate = R"("members":["bench/a","bench/b","bench/c"],"options":{"rounds":9})";
  (void)world.whole_stream(world.submit("debate", "Which?", debate));
  const auto frames = world.whole_stream(world.submit("debate", "Which?", debate));
  CHECK(is_hit(frames));
  CHECK(broken_rule(frames) == "");
  CHECK(frames.back().json()["type"] == "task_completed");
}

}  // namespace plenum::tests
