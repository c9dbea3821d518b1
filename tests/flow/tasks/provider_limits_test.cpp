// What a provider's breaker and its bound of parallel calls look like from outside.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

// The result of a single task that has ended.
Json outcome_of(World& world) { return world.whole_stream(world.submit_single()).back().json(); }

}  // namespace

TEST_CASE("after five failures the circuit breaker rejects calls until one probe succeeds") {
  World world(Settings{{"breaker_cooldown_ms", scaled_text(milliseconds(1000))}});
  // A failure after its first token is not tried again, so each task is one failure.
  world.upstream.on({.times = 5}, Script::stream().words({"Half"}).send(error_event(Vendor::openai, "It fell over")));
  world.upstream.always(whole_answer("well again"));
  for (int i = 0; i < 5; ++i) CHECK(outcome_of(world)["error"]["code"] == "server");
  const std::size_t before = world.upstream.request_count();
  CHECK(before == 5);

  const auto begun = TestClock::now();
  const Json refused = outcome_of(world)["error"];
  CHECK(TestClock::now() - begun < scaled(milliseconds(900)));
  CHECK(refused["code"] == "overloaded");
  CHECK(refused["message"].get<std::string>().find("bench") != std::string::npos);
  CHECK(refused["message"].get<std::string>().find("5 consecutive failures") != std::string::npos);
  CHECK(refused["retry_after_ms"].get<int>() <= scaled(milliseconds(1000)).count());
  CHECK(world.upstream.request_count() == before);

  CHECK(eventually([&] { return outcome_of(world)["type"] == "task_completed"; }, seconds(5)));
  CHECK(world.upstream.request_count() == before + 1);
  CHECK(outcome_of(world)["type"] == "task_completed");
}

TEST_CASE("a failed probe opens the circuit breaker for the same time again") {
  World world(Settings{{"breaker_cooldown_ms", scaled_text(milliseconds(500))}});
  world.upstream.always(Script::stream().words({"Half"}).send(error_event(Vendor::openai, "It fell over")));
  for (int i = 0; i < 5; ++i) CHECK(outcome_of(world)["error"]["code"] == "server");
  CHECK(eventually([&] { return outcome_of(world)["error"]["code"] == "server"; }, seconds(5)));
  CHECK(world.upstream.request_count() == 6);
  CHECK(outcome_of(world)["error"]["code"] == "overloaded");
  CHECK(world.upstream.request_count() == 6);
}

TEST_CASE("five members of a provider with a concurrency limit of one run in turn and report their queue positions") {
  TempDir workflows;
  std::string file =
      "name = \"five\"\ndescription = \"Five members side by side.\"\nroles = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n"
      "answer = \"{{a}}|{{b}}|{{c}}|{{d}}|{{e}}\"\n";
  for (const std::string role : {"a", "b", "c", "d", "e"}) {
    file += "\n[[steps]]\nid = \"" + role + "\"\nagent = \"Member\"\nstage = \"answer\"\nrole = \"" + role +
            "\"\nprompt = \"{{task}}\"\n";
  }
  workflows.write("five.toml", file);
  ScriptedUpstream upstream;
  upstream.always(Script::stream().pause(milliseconds(50)).words({"fine"}).finish());
  ServerProcess server(
      {.settings = {{"workflows_dir", "\"" + workflows.path().string() + "\""}, {"shutdown_grace_ms", "0"}},
       .tables = provider_table("single_file", upstream.base_url(), "concurrent_requests_max = 1\n")});
  HttpReply reply =
      post(server.port(), "/api/stream/task",
           task_body("five", "Say something.",
                     R"("members":["single_file/1","single_file/2","single_file/3","single_file/4","single_file/5"])"));
  REQUIRE(reply.status == 202);
  SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(upstream.most_at_once() == 1);
  CHECK(reader.frames().back().json()["result"]["answer"] == "fine|fine|fine|fine|fine");
  std::set<int> places;
  for (const Json& event : events_named(reader.frames(), "system_message")) {
    if (event["code"] == "queued") places.insert(event["position"].get<int>());
  }
  CHECK(places.count(1) == 1);
  CHECK(places.count(4) == 1);
}

}  // namespace plenum::tests
