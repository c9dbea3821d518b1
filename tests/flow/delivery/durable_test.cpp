// What outlives the process: docs/event-log.md, with the real server, its store and its death.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"
#include "tests/support/latch.h"

namespace plenum::tests {

namespace {

struct DurableWorld {
  explicit DurableWorld(Settings settings = {}, const std::string& more_tables = {})
      : world(with_store(std::move(settings), dir), more_tables) {}
  static Settings with_store(Settings settings, const TempDir& dir) {
    settings["store"] = "\"sqlite:" + (dir.path() / "plenum.db").string() + "\"";
    settings.emplace("shutdown_grace_ms", "0");
    return settings;
  }
  void kill_and_start() {
    world.server.kill_at_once();
    world.server.start_again();
  }
  void stop_and_start() {
    world.server.signal(SIGTERM);
    REQUIRE(world.server.wait(seconds(20)) == 0);
    world.server.start_again();
  }
  // A task whose member has sent "half " and then stays silent.
  std::string half_answered() {
    world.upstream.next(Script::stream().words({"half "}).never_end());
    std::string id = world.submit_single();
    SseReader reader = world.events(id);
    REQUIRE(read_text(reader, "half "));
    return id;
  }
  int remove(const std::string& id) {
    return fetch(world.server.port(), request_text("DELETE", "/api/stream/task/" + id)).status;
  }
  Json list(const std::string& query) { return world.get(std::string(api::tasks) + query).json()["tasks"]; }

  TempDir dir;
  World world;
};

// A file system of 8 MB, where the system allows it.
class SmallDisk {
 public:
  SmallDisk() : mounted_(::mount("tmpfs", dir_.path().c_str(), "tmpfs", 0, "size=8m,mode=0700") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(dir_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::string path() const { return dir_.path().string(); }
  void fill() {
    std::ofstream file(path() + "/ballast", std::ios::binary);
    const std::string block(4096, 'b');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void free_space() { std::filesystem::remove(path() + "/ballast"); }

 private:
  TempDir dir_;
  bool mounted_;
};

}  // namespace

TEST_CASE("a stream that has ended is there with every byte after the server was killed") {
  DurableWorld durable;
  World& world = durable.world;
  script_consensus(world.upstream);
  const std::string id = world.submit("consensus", "Build a REST API");
  const auto before = world.whole_stream(id);
  const Json result = world.result(id), snapshot = world.get(std::string(api::snapshot) + id).json();
  durable.kill_and_start();
  const auto after = world.whole_stream(id);
  CHECK((numbered_bytes(after) == numbered_bytes(before)));
  CHECK(world.result(id) == result);
  CHECK(world.get(std::string(api::snapshot) + id).json() == snapshot);
  CHECK(world.status(id)["status"] == "completed");
  const std::string last = after.back().id;
  CHECK(world.get(std::string(api::events) + id, {{"Last-Event-ID", last}}).status == 204);
  CHECK(world.upstream.request_count() == 6);
}

TEST_CASE("a subscriber resumes by its id after a kill without a gap or a repeat, and no completed call is repeated") {
  DurableWorld durable;
  World& world = durable.world;
  Latch held("held");
  world.upstream.on({.model = "m1", .times = 1}, whole_answer("a first answer"));
  world.upstream.on({.model = "m2", .times = 1},
                    Script::stream().words({"half ", "an "}).wait_for(held).words({"answer"}).finish());
  const std::string id = world.submit("synthesize", "Compare", R"("members":["bench/m1","bench/m2"])");
  SseReader reader = world.events(id);
  // The two may come in either order.
  bool ended = false, half = false;
  const auto both = [&](const Frame& frame) {
    ended |= frame.event == "chunk_completed";
    half |= streamed_text({frame}).find("an ") != std::string::npos;
    return ended && half;
  };
  REQUIRE(reader.read_until(both, seconds(10)));
  const auto seen = reader.numbered();
  world.server.kill_at_once();
  const std::size_t requests_before = world.upstream.request_count();
  world.upstream.on({.model = "m2", .times = 1}, whole_answer("a second answer"));
  world.upstream.always(whole_answer("both together"));
  world.server.start_again();
  held.open();
  SseReader again = world.events(id, "", {{"Last-Event-ID", seen.back().id}});
  REQUIRE(again.read_all(seconds(20)) == StreamEnd::finished);
  std::vector<Frame> all = seen;
  for (const Frame& frame : again.numbered()) all.push_back(frame);
  CHECK(broken_rule(all) == "");
  CHECK((numbered_bytes(all) == numbered_bytes(world.whole_stream(id))));
  CHECK(again.frames().front().json()["recovered"] == true);
  CHECK(again.frames().front().json()["gap"] == false);
  CHECK(events_named(again.frames(), "chunk_reset").size() == 1);
  // The completed call is not repeated: only the interrupted one and the synthesis are sent.
  CHECK(world.upstream.request_count() == requests_before + 2);
  const Json result = world.result(id);
  CHECK(result["answer"] == "both together\n");
  CHECK(result["answers"][0]["text"] == "a first answer");
  CHECK(result["answers"][1]["text"] == "a second answer");
}

TEST_CASE("a task that runs during a shutdown continues after the restart") {
  DurableWorld durable;
  World& world = durable.world;
  const std::string id = durable.half_answered();
  world.upstream.on({.model = "m1"}, whole_answer("whole"));
  durable.stop_and_start();
  world.whole_stream(id);
  CHECK(world.result(id)["answer"] == "whole");
}

TEST_CASE("with on_restart = interrupt an unfinished task ends with the text that there was, and can be done again") {
  DurableWorld durable(Settings{{"on_restart", "\"interrupt\""}});
  World& world = durable.world;
  const std::string id = durable.half_answered();
  durable.kill_and_start();
  const auto frames = world.whole_stream(id);
  CHECK(frames.back().json()["error"]["code"] == "interrupted");
  CHECK(world.status(id)["status"] == "interrupted");
  CHECK(world.result(id)["answers"][0]["text"] == "half ");
  CHECK(durable.list("")[0]["status"] == "interrupted");
  world.upstream.on({.model = "m1"}, whole_answer("whole"));
  const auto again = world.post("/api/stream/retry/" + id, R"({"from":"all"})");
  REQUIRE(again.status == 202);
  const std::string new_id = again.json()["stream_id"];
  world.whole_stream(new_id);
  CHECK(world.result(new_id)["answer"] == "whole");
}

TEST_CASE("a cancel that was acknowledged holds over a kill") {
  DurableWorld durable;
  World& world = durable.world;
  const std::string id = durable.half_answered();
  REQUIRE(world.cancel(id).status == 202);
  durable.kill_and_start();
  world.whole_stream(id);
  CHECK(world.status(id)["status"] == "cancelled");
  CHECK(world.upstream.request_count() == 1);
}

TEST_CASE("the same key gives the same answer after a kill, and another body with it is refused") {
  DurableWorld durable;
  World& world = durable.world;
  world.upstream.always(whole_answer("once"));
  const Headers key{{"Idempotency-Key", "order-7"}};
  const std::string body = task_body("single", "Pay once");
  const auto first = world.post(api::task, body, key);
  REQUIRE(first.status == 202);
  world.whole_stream(first.json()["stream_id"]);
  durable.kill_and_start();
  const auto again = world.post(api::task, body, key);
  CHECK(again.status == 202);
  CHECK(again.body == first.body);
  CHECK(again.header("idempotency-replayed") == "true");
  CHECK(world.post(api::task, task_body("single", "Pay twice"), key).status == 422);
  CHECK(world.upstream.request_count() == 1);
}

TEST_CASE("history is listed and searched over restarts, and what is deleted is gone for good") {
  DurableWorld durable;
  World& world = durable.world;
  world.upstream.always(whole_answer("Use a heap."));
  std::vector<std::string> ids;
  for (const char* task : {"Sort a list", "Bake bread", "Sort the mail"}) {
    ids.push_back(world.submit("single", task));
    world.whole_stream(ids.back());
  }
  durable.stop_and_start();
  CHECK(durable.list("").size() == 3);
  CHECK(durable.list("")[0]["task"] == "Sort the mail");
  CHECK(durable.list("")[0]["workflow"] == "single");
  CHECK(durable.list("?q=sort").size() == 2);
  CHECK(durable.list("?q=heap").size() == 3);
  const auto page = world.get(std::string(api::tasks) + "?limit=2").json();
  CHECK(durable.list("?limit=2&cursor=" + page["next_cursor"].get<std::string>())[0]["task"] == "Sort a list");
  CHECK(durable.remove(ids[0]) == 204);
  CHECK(durable.list("?q=sort").size() == 1);
  CHECK(world.get(std::string(api::status) + ids[0]).status == 410);
  durable.stop_and_start();
  CHECK(world.get(std::string(api::events) + ids[0]).status == 410);
  CHECK(world.get(std::string(api::status) + ids[1]).status == 200);
}

TEST_CASE("a task that is deleted while it runs is closed upstream within a second") {
  DurableWorld durable;
  World& world = durable.world;
  const std::string id = durable.half_answered();
  SseReader reader = world.events(id);
  REQUIRE(read_text(reader, "half "));
  CHECK(durable.remove(id) == 204);
  CHECK(eventually([&] { return world.upstream.open_connections() == 0; }, seconds(1)));
  CHECK(world.get(std::string(api::status) + id).status == 410);
  CHECK(reader.read_all(seconds(5)) == StreamEnd::finished);  // the terminal event arrives
}

TEST_CASE("a conversation continues after a restart with its earlier turns") {
  DurableWorld durable;
  World& world = durable.world;
  world.upstream.always(whole_answer("Paris."));
  world.whole_stream(world.submit("single", "The capital of France?", R"("conversation_id":"talk")"));
  durable.stop_and_start();
  world.whole_stream(world.submit("single", "And of Italy?", R"("conversation_id":"talk")"));
  const std::string prompt = world.upstream.request(1).body;
  CHECK(prompt.find("The capital of France?") != std::string::npos);
  CHECK(prompt.find("Paris.") != std::string::npos);
}

TEST_CASE("streams that leave memory are read from the file and are the same") {
  DurableWorld durable(Settings{{"memory_ttl_ms", "100"}});
  World& world = durable.world;
  world.upstream.always(whole_answer("words that stay"));
  const std::string id = world.submit_single();
  const auto before = world.whole_stream(id);
  const auto evicted = [&] { return world.get("/status").json()["streams"]["held"] == 0; };
  REQUIRE(eventually(evicted, seconds(20)));
  CHECK((numbered_bytes(world.whole_stream(id)) == numbered_bytes(before)));
}

TEST_CASE("a second server on the same file reports it and does not start") {
  DurableWorld durable;
  CHECK_THROWS_WITH(ServerProcess(ServerOptions{DurableWorld::with_store({}, durable.dir), {}, {}, {}}),
                    doctest::Contains("another process uses"));
}

TEST_CASE("while the file cannot grow no task is accepted, running tasks wait without loss, and then all continue") {
  DurableWorld durable;
  World& world = durable.world;
  Latch go("go");
  world.upstream.always(Script::stream().words({"before "}).wait_for(go).words({"after"}).finish());
  const std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(read_text(reader, "before "));
  rlimit before{};
  REQUIRE(prlimit(world.server.pid(), RLIMIT_FSIZE, nullptr, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 4096;
  REQUIRE(prlimit(world.server.pid(), RLIMIT_FSIZE, &none, nullptr) == 0);
  const auto refused = world.post(api::task, task_body("single", "No space"));
  CHECK(refused.status == 503);
  CHECK(refused.json()["code"] == "store-unavailable");
  CHECK(refused.header("retry-after") != "");
  CHECK(world.get("/readyz").status == 503);
  CHECK(world.get("/status").json()["store"]["writable"] == false);
  go.open();
  CHECK(world.status(id)["status"] == "running");  // readable, and shows durable events only
  REQUIRE(prlimit(world.server.pid(), RLIMIT_FSIZE, &before, nullptr) == 0);
  REQUIRE(reader.read_all(seconds(5)) == StreamEnd::finished);
  CHECK(broken_rule(reader.numbered()) == "");
  CHECK(streamed_text(reader.frames()) == "before after");
  CHECK(world.get("/readyz").status == 200);
  CHECK(world.post(api::task, task_body("single", "Space again")).status == 202);
  CHECK(durable.list("").size() == 2);  // what was refused has not happened
  durable.kill_and_start();
  CHECK((numbered_bytes(world.whole_stream(id)) == numbered_bytes(reader.frames())));
}

TEST_CASE("on a full disk tasks are refused with 507, and five seconds after there is space they are taken again") {
  SmallDisk disk;
  if (!disk.mounted()) {
    MESSAGE("skipped: this process may not mount a file system");
    return;
  }
  World world(Settings{{"store", "\"sqlite:" + disk.path() + "/plenum.db\""}, {"shutdown_grace_ms", "0"}});
  world.upstream.always(whole_answer("words"));
  const std::string id = world.submit_single();
  const auto frames = world.whole_stream(id);
  disk.fill();
  HttpReply refused;
  REQUIRE(eventually(
      [&] {
        refused = world.post(api::task, task_body("single", std::string(20'000, 'x')));
        return refused.status != 202;
      },
      seconds(20)));
  CHECK(refused.status == 507);
  CHECK(refused.json()["code"] == "store-full");
  CHECK(world.get("/readyz").status == 503);
  CHECK((numbered_bytes(world.whole_stream(id)) == numbered_bytes(frames)));  // what there is can be read
  disk.free_space();
  CHECK(eventually([&] { return world.post(api::task, task_body("single", "Again")).status == 202; }, seconds(5)));
  CHECK(world.get("/readyz").status == 200);
}

}  // namespace plenum::tests
