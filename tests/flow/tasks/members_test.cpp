// Several members of one task: a failed one is replaced, a hanging one can be skipped, and none is called longer
// than they may be.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

Json texts_of(const std::vector<Frame>& frames, std::string_view chunk_member) {
  Json texts = Json::array();
  for (const Json& event : events_named(frames, "token_stream")) {
    if (event["member"] == chunk_member) texts.push_back(event["tokens"]);
  }
  return texts;
}

// What is joined of a chunk's deltas behind its last reset.
std::string text_after_reset(const std::vector<Frame>& frames) {
  std::string text;
  for (const Frame& frame : frames) {
    if (frame.event == "chunk_reset") text.clear();
    if (frame.event == "token_stream") text += frame.json()["tokens"].get<std::string>();
  }
  return text;
}

std::string error_body(const std::string& message) {
  return R"({"error":{"message":")" + message + R"(","type":"invalid_request_error","code":null}})";
}

// `two` members by default; the first one is bench/m1.
constexpr std::string_view two_members = R"("members":["bench/m1","bench/m2"])";

}  // namespace

TEST_CASE("a member that fails before its first token is replaced by the next of its chain") {
  World world;
  world.upstream.on({.model = "m1"}, Script::answer(400, error_body("no such thing")));
  world.upstream.on({.model = "m2"}, whole_answer("from the second"));
  const std::string id = world.submit("single", "Say something.", R"("fallback":{"bench/m1":["bench/m2"]})");
  const std::vector<Frame> frames = world.whole_stream(id);
  CHECK(broken_rule(frames) == "");
  const std::vector<Json> resets = events_named(frames, "chunk_reset");
  REQUIRE(resets.size() == 1);
  CHECK(resets[0]["next_member"] == "bench/m2");
  CHECK(resets[0]["attempt"] == 1);
  const Json last = frames.back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["answer"] == "from the second");
  CHECK(last["result"]["degraded"] == true);
  CHECK(last["result"]["answers"][0]["member"] == "bench/m2");
  REQUIRE(last["result"]["receipts"].size() == 2);
  CHECK(last["result"]["receipts"][0]["cost"]["usd"] == 0.0);
  CHECK(world.status(id)["status"] == "completed");
}

TEST_CASE("after a token was shown the attempt is voided, and who reads later reads the same") {
  World world;
  world.upstream.on({.model = "m1"}, Script::stream(Framing::until_close).words({"half", " an answer"}).cut(Cut::fin));
  world.upstream.on({.model = "m2"}, whole_answer("the whole answer"));
  const std::string id = world.submit("single", "Say something.", R"("fallback":{"*":["bench/m2"]})");
  const std::vector<Frame> frames = world.whole_stream(id);
  CHECK(broken_rule(frames) == "");
  CHECK(text_after_reset(frames) == "the whole answer");
  const std::vector<Json> completed = events_named(frames, "chunk_completed");
  REQUIRE(completed.size() == 1);
  CHECK(completed[0]["output"] == "the whole answer");
  CHECK(completed[0]["member"] == "bench/m2");
  CHECK(numbered_bytes(world.whole_stream(id)) == numbered_bytes(frames));
}

TEST_CASE("a skipped member's call is closed within a second, and the others are the answer") {
  World world;
  const Latch never("never");
  world.upstream.on({.model = "m1"}, Script::stream().words({"too", " slow"}).wait_for(never));
  world.upstream.on({.model = "m2"}, whole_answer("quick"));
  const std::string id = world.submit("raw", "Say something.", two_members);
  SseReader reader = world.events(id);
  REQUIRE(read_text(reader, "too slow"));
  const std::string path = "/api/stream/cancel/" + id + "/members/";
  CHECK(world.post(path + "bench%2Fnobody").status == 404);
  CHECK(world.post(path + "bench%2Fm1").status == 202);
  CHECK((world.upstream.wait_until_closed(0, seconds(1)) || world.upstream.wait_until_closed(1, seconds(1))));
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  const Json last = reader.frames().back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["degraded"] == true);
  CHECK(last["result"]["answers"][0]["status"] == "skipped");
  CHECK(last["result"]["answers"][0]["text"] == "too slow");
  CHECK(last["result"]["answer"] == "## bench/m2\n\nquick\n\n");
  CHECK(world.post(path + "bench/m1").status == 200);  // the member may stand in the path as it is
}

TEST_CASE("a skip before the first token, and deadlines of member and task on both sides of it, close the upstream") {
  const auto closes = [](bool after_token, std::string_view fields, const auto& act) {
    World world;
    const Latch never("never");
    world.upstream.on({.model = "m1"},
                      after_token ? Script::stream().words({"begun"}).wait_for(never) : Script::silence());
    world.upstream.on({.model = "m2"}, whole_answer("quick"));
    const std::string id = world.submit("raw", "Say something.", std::string(two_members) + std::string(fields));
    REQUIRE(world.upstream.wait_for_requests(2, seconds(10)));
    act(world, id);
    const std::size_t slow = world.upstream.request(0).model() == "m1" ? 0 : 1;
    CHECK(world.upstream.wait_until_closed(slow, seconds(2)));
    const std::vector<Frame> frames = world.whole_stream(id);
    CHECK(broken_rule(frames) == "");
    CHECK(texts_of(frames, "bench/m1").size() == (after_token ? 1 : 0));
    return frames.back().json();
  };
  const auto nothing = [](World&, const std::string&) {};
  const auto skip = [](World& world, const std::string& id) {
    CHECK(world.post("/api/stream/cancel/" + id + "/members/bench%2Fm1").status == 202);
  };
  CHECK(closes(false, "", skip)["type"] == "task_completed");
  const std::string limit = scaled_text(milliseconds(300));
  for (const bool after_token : {false, true}) {
    CHECK(closes(after_token, ",\"member_deadline_ms\":" + limit, nothing)["type"] == "task_completed");
    const Json late = closes(after_token, ",\"deadline_ms\":" + limit, nothing);
    CHECK(late["type"] == "task_error");
    CHECK(late["error"]["code"] == "deadline_exceeded");
    CHECK(late["result"]["answers"].size() == 2);
  }
}

TEST_CASE("a retry before the first token is reported with its wait and is invisible in the text") {
  World world;
  world.upstream.next(Script::answer(429, error_body("slow down"), "application/json", {{"retry-after-ms", "50"}}));
  world.upstream.always(whole_answer("at last"));
  const std::vector<Frame> frames = world.whole_stream(world.submit_single());
  CHECK(streamed_text(frames) == "at last");
  bool reported = false;
  for (const Json& message : events_named(frames, "system_message")) {
    if (message["code"] != "retry") continue;
    reported = true;
    CHECK(message["wait_ms"] == 50);
    CHECK(message["error"]["code"] == "rate_limit");
  }
  CHECK(reported);
  const Json last = frames.back().json();
  CHECK(last["result"]["degraded"] == false);
  CHECK(last["result"]["receipts"].size() == 2);
}

}  // namespace plenum::tests
