// Steps that do not wait for the slowest member, and further rounds, with the real programs.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

namespace {

constexpr std::string_view four_members = R"("members":["bench/m1","bench/m2","bench/m3","bench/slow"])";
constexpr int attempts = 3;

std::vector<std::string> started(const std::vector<Frame>& frames, std::string_view prefix) {
  std::vector<std::string> chunks;
  for (const Json& event : events_named(frames, "chunk_started")) {
    const std::string chunk = event["chunk"];
    if (chunk.starts_with(prefix)) chunks.push_back(chunk);
  }
  return chunks;
}

}  // namespace

TEST_CASE(
    "with one slow member the rankings start within 100 ms of the quorum, and its answer is ranked when it comes") {
  milliseconds best(1'000'000);
  for (int attempt = 0; attempt < attempts && best > milliseconds(100); ++attempt) {
    World world;
    const Latch slow("slow");
    script_rankings(world.upstream, "ABCD");
    world.upstream.on({.model = "slow", .times = 1}, Script::stream().words({"late"}).wait_for(slow).finish());
    world.upstream.on({.prompt_has = "What to write"}, whole_answer("joined"));
    world.upstream.always(whole_answer("quick"));
    const std::string id = world.submit("council", "Say something.", four_members);
    SseReader reader = world.events(id);
    int answered = 0;
    REQUIRE(reader.read_until([&](const Frame& frame) { return frame.event == "chunk_completed" && ++answered == 3; },
                              seconds(30)));
    const auto quorum_at = TestClock::now();
    REQUIRE(world.upstream.wait_for_requests(7, seconds(30)));  // three rankings
    milliseconds last(0);
    for (std::size_t i = 4; i < 7; ++i) {
      last = std::max(last, std::chrono::duration_cast<milliseconds>(world.upstream.request(i).at - quorum_at));
    }
    best = std::min(best, last);
    int ranked = 0;
    REQUIRE(reader.read_until([&](const Frame& frame) { return frame.event == "chunk_completed" && ++ranked == 3; },
                              seconds(30)));
    CHECK(world.upstream.request_count() == 7);  // the chairman waits for the late answer
    slow.open();
    REQUIRE(reader.read_all(seconds(60)) == StreamEnd::finished);
    const std::vector<Frame> frames = world.whole_stream(id);
    CHECK(broken_rule(frames) == "");
    CHECK(started(frames, "ranking-late:").size() == 3);
    CHECK(started(frames, "ranking:").size() == 4);  // the late member reviews, too
    const Json result = frames.back().json()["result"];
    CHECK(result["degraded"] == false);
    REQUIRE(result["rankings"]["reviews"].size() == 4);
    for (const Json& review : result["rankings"]["reviews"]) CHECK(review["ranking"].size() == 4);
    CHECK(result["rankings"]["standings"].size() == 4);
  }
  MESSAGE("the rankings were called " << best.count() << " ms after the quorum was visible");
  CHECK(best <= scaled(milliseconds(100)) * (sanitized() ? 5 : 1));
}

TEST_CASE("a client of LLM Council reads a late answer in the first stage, and one ranking of each reviewer") {
  World world;
  const Latch slow("slow");
  script_rankings(world.upstream, "ABCD");
  world.upstream.on({.model = "slow", .times = 1}, Script::stream().words({"late"}).wait_for(slow).finish());
  world.upstream.on({.prompt_has = "What to write"}, whole_answer("joined"));
  world.upstream.always(whole_answer("quick"));
  const std::string id = world.submit("council", "Say something.", four_members);
  REQUIRE(world.upstream.wait_for_requests(7, seconds(30)));
  slow.open();
  world.whole_stream(id);
  std::vector<std::string> stages;
  SseReader reader = world.events(id, "?dialect=council");
  REQUIRE(reader.read_all(seconds(30)) == StreamEnd::finished);
  for (const Frame& frame : reader.frames()) {
    if (frame.data.empty()) continue;
    const Json event = frame.json();
    const std::string type = event.value("type", "");
    if (type == "stage1_complete" || type == "stage2_complete") {
      stages.push_back(type);
      CHECK(event["data"].size() == 4);
    }
    if (type == "stage2_start") stages.push_back(type);
  }
  CHECK(stages == std::vector<std::string>{"stage1_complete", "stage2_start", "stage2_complete"});
}

TEST_CASE("a late answer is dropped when the task requests it, and the result names the member") {
  for (const char* options : {R"(,"options":{"late":"drop"})", R"(,"options":{"quorum":3})"}) {
    World world;
    const Latch never("never");
    script_rankings(world.upstream, "ABCD");
    world.upstream.on({.model = "slow"}, Script::stream().words({"late"}).wait_for(never));
    world.upstream.on({.prompt_has = "What to write"}, whole_answer("joined"));
    world.upstream.always(whole_answer("quick"));
    const std::string id = world.submit("council", "Say something.", std::string(four_members) + options);
    const std::vector<Frame> frames = world.whole_stream(id);
    CHECK(broken_rule(frames) == "");
    const Json result = frames.back().json()["result"];
    CHECK(result["synthesis"] == "joined");
    CHECK(result["degraded"] == true);
    CHECK(result["reasons"] == Json::array({"Member (answer:bench/slow): the answer was no longer needed"}));
    CHECK(result["answers"][3]["status"] == "skipped");
    CHECK(result["rankings"]["standings"].size() == 3);
    for (std::size_t i = 0; i < 4; ++i) {
      if (world.upstream.request(i).model() == "slow") CHECK(world.upstream.wait_until_closed(i, seconds(5)));
    }
  }
}

TEST_CASE("further rounds of an arena reuse the statements, and the client follows them") {
  World world;
  world.upstream.on({.prompt_has = "Three sections"}, whole_answer("judged"));
  world.upstream.always(whole_answer("a statement"));
  const std::string id =
      world.submit("arena", "Shall we?", R"("members":["bench/m1","bench/m2"],"options":{"rounds":1})");
  world.whole_stream(id);
  CHECK(world.result(id)["rounds"].size() == 2);
  CHECK(world.result(id)["rounds"][1]["ended"] == "rounds_done");
  const std::size_t calls = world.upstream.request_count();
  CHECK(calls == 5);
  const Finished extended =
      run_to_end(plenum_command(world.server.url(), {"extend", "--rounds", "2", id}), seconds(60));
  CAPTURE(extended.err);
  CHECK(extended.exit_code == 0);
  CHECK(extended.out.find("judged") != std::string::npos);
  CHECK(extended.err.find("Rounds: 3 (similarity 1.00)") != std::string::npos);
  CHECK(world.upstream.request_count() == calls + 5);  // two rounds and the judgment
  const std::string path = "/api/stream/retry/" + id;
  CHECK(world.post(path, R"({"from":"rounds","rounds":8})").status == 202);
  const HttpReply refused = world.post(path, R"({"from":"rounds","rounds":9})");
  CHECK(refused.status == 422);
  CHECK(refused.body.find("1 of at most 9 rounds are done") != std::string::npos);
  CHECK(world.post(path, R"({"from":"rounds","rounds":0})").status == 422);
  CHECK(world.post(path, R"({"from":"all","rounds":1})").status == 422);
  CHECK(world.post(path, R"({"from":"rounds","more":1})").status == 422);
  CHECK(world.post(path, R"(["rounds"])").status == 422);
}

TEST_CASE("a debate that had converged is extended, and its export has the rounds") {
  World world;
  world.upstream.always(whole_answer("the same again and again"));
  const std::string id = world.submit("debate", "Shall we?", R"("members":["bench/m1","bench/m2"])");
  world.whole_stream(id);
  const Json rounds = world.result(id)["rounds"];
  REQUIRE(rounds.size() == 2);
  CHECK(rounds[1]["ended"] == "converged");
  CHECK(rounds[1]["similarity"] == 1.0);
  const HttpReply reply = world.post("/api/stream/retry/" + id, R"({"from":"rounds"})");
  REQUIRE(reply.status == 202);
  const std::string next = parse_json(reply.body)->at("stream_id");
  world.whole_stream(next);
  CHECK(world.result(next)["rounds"].size() == 3);
  const std::string page = world.get("/api/stream/export/" + next).body;
  CHECK(page.find("## Rounds") != std::string::npos);
  CHECK(page.find("| 2 | reply-2:bench/m1, reply-2:bench/m2 | 1.000 | rounds\\_done |") != std::string::npos);
}

}  // namespace plenum::tests
