// What a task may cost, and what it will probably cost: prices are 1 dollar for a million tokens of a prompt
// and 100 for one of an answer, so an answer without a bound of its own could cost 0.41 dollars.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

constexpr const char* prices = "[prices]\n\"bench/*\" = {input = 1.0, output = 100.0}\n";

Script answer_of(int completion_tokens, std::string_view text = "An answer.") {
  return Script::stream().text(text).finish(0, completion_tokens);
}

std::string cap(std::string_view usd, std::string_view more = {}) {
  return R"("max_cost_usd":)" + std::string(usd) + std::string(more);
}

constexpr std::string_view three_members = R"(,"members":["bench/a","bench/b","bench/c"])";

}  // namespace

TEST_CASE("a task whose first call could exceed its cap sends no request") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(5));
  const std::string id = world.submit("single", "Say something.", cap("0.3"));
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_error");
  CHECK(last["error"]["code"] == "cost_limit");
  CHECK(last["error"]["message"].get<std::string>().find("max_cost_usd $0.3000") != std::string::npos);
  CHECK(last["result"]["cost"]["usd"] == 0.0);
  CHECK(world.upstream.request_count() == 0);
}

TEST_CASE("a call that does not fit yet waits for what the running ones leave") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(5));
  const std::string id = world.submit("synthesize", "Say something.", cap("0.5", three_members));
  const auto frames = world.whole_stream(id);
  const Json last = frames.back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["degraded"] == false);
  CHECK(world.upstream.request_count() == 4);
  CHECK(world.upstream.most_at_once() == 1);
  bool reported = false;
  for (const Json& event : events_named(frames, "system_message")) reported |= event["code"] == "budget";
  CHECK(reported);
}

TEST_CASE("calls over the budget are omitted, and the paid ones are the result") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(4000));
  const std::string id = world.submit("synthesize", "Say something.", cap("1.0", three_members));
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["degraded"] == true);
  CHECK(last["result"]["cost"]["usd"].get<double>() == doctest::Approx(0.8));
  CHECK_FALSE(last["result"].contains("synthesis"));
  CHECK(last["result"]["answers"][2]["error"]["code"] == "cost_limit");
  CHECK(last["result"]["answers"][0]["text"] == "An answer.");
  CHECK(world.upstream.request_count() == 2);
}

TEST_CASE("a workflow that cannot do without the step ends with what there is") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(4000, consensus::architecture));
  const std::string id = world.submit("consensus", "Say something.", cap("0.7"));
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_error");
  CHECK(last["error"]["code"] == "cost_limit");
  CHECK(last["result"]["answers"][0]["status"] == "ok");
  CHECK(world.upstream.request_count() == 1);
}

TEST_CASE("under a cap every answer has a bound of tokens, else its cost would have none") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(5));
  (void)world.whole_stream(world.submit("single", "Say something.", cap("2")));
  (void)world.whole_stream(world.submit_single());
  CHECK(parse_json(world.upstream.request(0).body)->at("max_tokens") == 4096);
  CHECK_FALSE(parse_json(world.upstream.request(1).body)->contains("max_tokens"));
}

TEST_CASE("a call that broke off counts with all that it could have cost") {
  World world(Settings{}, prices);
  world.upstream.next(Script::stream(Framing::until_close).words({"half"}).cut(Cut::fin));
  world.upstream.always(answer_of(5));
  const std::string id = world.submit("single", "Say something.", cap("0.6", R"(,"fallback":{"*":["bench/other"]})"));
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_error");
  CHECK(last["error"]["code"] == "cost_limit");
  CHECK(world.upstream.request_count() == 1);
}

TEST_CASE("a cap without a known price is rejected with the missing price") {
  World world;
  const HttpReply reply = world.post("/api/stream/task", task_body("single", "t", cap("1")));
  CHECK(reply.status == 422);
  CHECK(reply.body.find("/max_cost_usd") != std::string::npos);
  CHECK(reply.body.find("[prices]") != std::string::npos);
}

TEST_CASE("time and cost are estimated from the runs before, and not at all in the first one") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(1000));
  const auto first = events_named(world.whole_stream(world.submit_single()), "task_progress");
  CHECK_FALSE(first.front().contains("estimated_cost"));
  CHECK_FALSE(first.front().contains("estimated_time"));
  CHECK(first.front()["cost"]["usd"] == 0.0);
  const std::string id = world.submit_single();
  const auto second = events_named(world.whole_stream(id), "task_progress");
  CHECK(second.front()["estimated_cost"].get<double>() == doctest::Approx(0.1));
  CHECK(second.front()["estimated_time"].get<double>() >= 0.0);
  CHECK(second.back()["cost"]["usd"].get<double>() == doctest::Approx(0.1));
  CHECK(world.status(id)["cost_so_far"]["usd"].get<double>() == doctest::Approx(0.1));
}

TEST_CASE("a cap below the usual cost is reported at the start") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(20'000));  // more than requested: providers may return more
  (void)world.whole_stream(world.submit_single());
  const auto frames = world.whole_stream(world.submit("single", "Say something.", cap("1.0")));
  const auto messages = events_named(frames, "system_message");
  const auto warning =
      std::find_if(messages.begin(), messages.end(), [](const Json& event) { return event["code"] == "budget"; });
  REQUIRE(warning != messages.end());
  CHECK((*warning)["level"] == "warning");
  CHECK((*warning)["estimated_usd"].get<double>() == doctest::Approx(2.0));
}

}  // namespace plenum::tests
