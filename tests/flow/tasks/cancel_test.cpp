// Stopping a task: contract section 8, X1 to X3.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"

namespace plenum::tests {

TEST_CASE("cancelling before the first token closes the upstream within a second") {
  World world;
  world.upstream.always(Script::silence());
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(world.upstream.wait_for_requests(1, seconds(10)));
  CHECK(world.cancel(id).status == 202);
  CHECK(world.upstream.wait_until_closed(0, seconds(1)));
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(reader.frames().back().event == "task_cancelled");
  CHECK(broken_rule(reader.numbered()) == "");
  CHECK(world.status(id)["status"] == "cancelled");
}

TEST_CASE("cancelling in mid-stream closes the upstream within a second and keeps what there was") {
  World world;
  Latch never("never");
  world.upstream.always(Script::stream().words({"Half", " an", " answer"}).wait_for(never));
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(read_text(reader, "Half an answer"));
  CHECK(world.cancel(id).status == 202);
  CHECK(world.upstream.wait_until_closed(0, seconds(1)));
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  Json last = reader.frames().back().json();
  CHECK(last["type"] == "task_cancelled");
  CHECK(last["result"]["answers"][0]["text"] == "Half an answer");
  CHECK(last["result"]["answers"][0]["status"] == "cancelled");
  CHECK(world.result(id) == last["result"]);
}

TEST_CASE("cancelling twice is the same as cancelling once") {
  World world;
  world.upstream.always(Script::silence());
  std::string id = world.submit_single();
  CHECK(world.cancel(id).status == 202);
  SseReader reader = world.events(id);
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(world.cancel(id).status == 200);
  CHECK(numbered_bytes(world.whole_stream(id)) == numbered_bytes(reader.frames()));
}

TEST_CASE("cancelling a finished task changes nothing") {
  World world;
  world.upstream.always(whole_answer("done"));
  std::string id = world.submit_single();
  world.whole_stream(id);
  CHECK(world.cancel(id).status == 200);
  CHECK(world.status(id)["status"] == "completed");
}

TEST_CASE("cancelling what is not there is a 404") {
  World world;
  HttpReply reply = world.cancel("00000000-0000-4000-8000-000000000000");
  CHECK(reply.status == 404);
  CHECK(reply.json()["code"] == "stream-not-found");
}

TEST_CASE("after a cancel between two stages no further stage calls the upstream") {
  World world;
  Latch never("never");
  world.upstream.next(whole_answer(consensus::architecture));
  world.upstream.always(Script::stream().words({"partly"}).wait_for(never));
  std::string id = world.submit("consensus");
  REQUIRE(world.upstream.wait_for_requests(2, seconds(10)));
  CHECK(world.cancel(id).status == 202);
  std::vector<Frame> frames = world.whole_stream(id);
  CHECK(frames.back().event == "task_cancelled");
  CHECK(world.upstream.request_count() == 2);
  CHECK(frames.back().json()["result"]["answers"][0]["text"] == consensus::architecture);
}

TEST_CASE("a disconnecting subscriber cancels nothing") {
  World world;
  Latch more("more");
  world.upstream.always(Script::stream().words({"a"}).wait_for(more).words({"b"}).finish());
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(reader.read_event("token_stream", seconds(10)));
  reader.leave();
  REQUIRE(eventually([&] { return world.status(id)["readers"] == 0; }, seconds(5)));
  more.open();
  CHECK(streamed_text(world.whole_stream(id)) == "ab");
}

TEST_CASE("a task's own deadline ends it with what there was") {
  World world;
  Latch never("never");
  world.upstream.always(Script::stream().words({"some"}).wait_for(never));
  std::string id = world.submit("single", "task", R"("deadline_ms":400)");
  std::vector<Frame> frames = world.whole_stream(id);
  CHECK(frames.back().event == "task_error");
  CHECK(frames.back().json()["error"]["code"] == "deadline_exceeded");
  CHECK(world.upstream.wait_until_closed(0, seconds(1)));
}

TEST_CASE("a task with on_abandon is cancelled after its time without subscribers") {
  World world;
  world.upstream.always(Script::silence());
  const std::string id = world.submit("single", "task", R"("on_abandon":{"policy":"cancel","after_s":1})");
  REQUIRE(world.upstream.wait_for_requests(1, seconds(10)));
  // No request for the task here: each would count as use. The server checks every five seconds.
  CHECK(world.upstream.wait_until_closed(0, seconds(20)));
  // The connection is closed before the end is in the log.
  CHECK(world.whole_stream(id).back().event == "task_cancelled");
}

}  // namespace plenum::tests
