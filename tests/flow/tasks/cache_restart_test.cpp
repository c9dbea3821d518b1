// The answer cache survives the end of the server, as docs/event-log.md describes it.
#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

struct RestartWorld {
  static Settings settings(const TempDir& dir) {
    return {{"store", "\"sqlite:" + (dir.path() / "log.db").string() + '"'},
            {"cache_bytes_max", "1000000"},
            {"shutdown_grace_ms", "0"}};
  }
  void restart(bool kill) {
    if (kill) {
      world.server.kill_at_once();
    } else {
      world.server.signal(SIGTERM);
      REQUIRE(world.server.wait(seconds(20)) == 0);
    }
    world.server.start_again();
  }
  std::string ask(std::string_view task, std::string_view fields = {}) {
    const std::string id = world.submit("single", task, fields);
    (void)world.whole_stream(id);
    return id;
  }
  bool is_hit(const std::string& id) const { return world.result(id)["cached"] == true; }
  int remove(const std::string& id) {
    return fetch(world.server.port(), request_text("DELETE", "/api/stream/task/" + id)).status;
  }
  // Whether the text is anywhere in the files of the store.
  bool file_has(std::string_view text) const {
    for (const char* end : {"", "-wal"}) {
      std::ifstream file(dir.path() / (std::string("log.db") + end), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find(text) != std::string::npos) return true;
    }
    return false;
  }

  TempDir dir;
  World world{settings(dir)};
};

}  // namespace

TEST_CASE("an identical task is answered from the cache after a restart and after a kill, without a model call") {
  for (const bool kill : {false, true}) {
    CAPTURE(kill);
    RestartWorld restarted;
    World& world = restarted.world;
    world.upstream.always(whole_answer("An answer."));
    const std::string first = restarted.ask("Which?", R"("context":{"a":1,"b":{"c":2,"d":3}})");
    restarted.restart(kill);
    const std::string second = restarted.ask("Which?", R"("context":{"b":{"d":3,"c":2},"a":1})");
    CHECK(restarted.is_hit(second));
    CHECK(world.result(second)["answer"] == "An answer.");
    CHECK(world.result(second)["cache"] == Json{{"kind", "exact"}, {"stream_id", first}});
    CHECK(world.upstream.request_count() == 1);
    const auto messages = events_named(world.whole_stream(second), "system_message");
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["code"] == "cache_hit");
    CHECK(messages[0]["kind"] == "exact");
    CHECK(messages[0]["source_stream_id"] == first);
  }
}

TEST_CASE("a deleted task is not answered from the cache after a kill, and its answer is in no file") {
  RestartWorld restarted;
  World& world = restarted.world;
  world.upstream.always(whole_answer("The code is 4711-4711."));
  const std::string first = restarted.ask("What is the code?");
  const std::string second = restarted.ask("What is the code?");
  REQUIRE(restarted.is_hit(second));
  REQUIRE(restarted.remove(first) == 204);
  restarted.restart(true);
  CHECK_FALSE(restarted.is_hit(restarted.ask("What is the code?")));
  CHECK(world.upstream.request_count() == 2);
}

TEST_CASE("after the deletion of all its tasks no file has a cached answer") {
  RestartWorld restarted;
  restarted.world.upstream.always(whole_answer("The code is 4711-4711."));
  const std::string id = restarted.ask("What is the code?");
  REQUIRE(restarted.file_has("4711-4711"));
  REQUIRE(restarted.remove(id) == 204);
  restarted.restart(false);
  CHECK_FALSE(restarted.file_has("4711-4711"));
}

TEST_CASE("failed answers are not in the cache after a restart") {
  RestartWorld restarted;
  restarted.world.upstream.on({.times = 1}, Script::answer(400, R"({"error":{"message":"no"}})"));
  restarted.world.upstream.always(whole_answer("An answer."));
  (void)restarted.ask("Which?");
  restarted.restart(true);
  CHECK_FALSE(restarted.is_hit(restarted.ask("Which?")));
}

}  // namespace plenum::tests
