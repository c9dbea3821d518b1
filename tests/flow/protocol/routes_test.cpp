// Rules of single routes, on the real server.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/base/clock.h"
#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

std::string tasks_with(const World& world, std::string_view query) {
  std::string texts;
  const Json list = world.get("/api/stream/tasks?" + std::string(query)).json();
  for (const Json& row : list["tasks"]) {
    texts += row["task"].get<std::string>() + ' ';
  }
  return texts;
}

void check_status_filter(const World& world) {
  CHECK(tasks_with(world, "status=completed") == "two one ");
  CHECK(tasks_with(world, "status=completed&limit=1") == "two ");
  CHECK(tasks_with(world, "status=completed&q=one") == "one ");
  CHECK(tasks_with(world, "status=running") == "open ");
  CHECK(tasks_with(world, "status=cancelled") == "stopped ");
  CHECK(tasks_with(world, "status=error") == "");
  CHECK(tasks_with(world, "limit=100") == "open stopped two one ");
  for (const char* bad : {"status=expired", "status=", "status=done"}) {
    const HttpReply refused = world.get("/api/stream/tasks?" + std::string(bad));
    CHECK(refused.status == 400);
    CHECK(refused.json()["remedy"].get<std::string>().find("interrupted") != std::string::npos);
  }
}

// The newest tasks first: whole texts of the same three tasks, two of which exceed a page.
void check_texts(World& world) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "\u20ac";
  for (int i = 0; i < 2; ++i) (void)world.whole_stream(world.submit("single", text));
  const Json summary = world.get("/api/stream/tasks?limit=3").json();
  REQUIRE(summary["tasks"].size() == 3);
  CHECK(summary["tasks"][0]["task"] == text.substr(0, 600));
  CHECK(summary["tasks"][0]["task_cut"] == true);
  CHECK(summary["tasks"][0]["workflow"] == "single");
  CHECK(summary["tasks"][2]["task_cut"] == false);
  const Json whole = world.get("/api/stream/tasks?limit=3&fields=full").json();
  REQUIRE(whole["tasks"].size() == 1);
  CHECK(whole["tasks"][0]["task"] == text);
  CHECK(whole["tasks"][0]["workflow"] == "single");
  const std::string next = "/api/stream/tasks?limit=2&fields=full&cursor=" + whole["next_cursor"].get<std::string>();
  CHECK(world.get(next).json()["tasks"].size() == 2);
}

void run_tasks_for_filter(World& world) {
  world.upstream.on({.model = "m1"}, whole_answer("An answer."));
  world.upstream.on({.model = "stuck"}, Script::silence());
  for (const char* task : {"one", "two"}) (void)world.whole_stream(world.submit("single", task));
  const std::string stopped = world.submit("single", "stopped", R"("members":["bench/stuck"])");
  CHECK(world.cancel(stopped).status == 202);
  (void)world.whole_stream(stopped);
  SseReader open = world.events(world.submit("single", "open", R"("members":["bench/stuck"])"));
  CHECK(open.read_event("chunk_started", seconds(10)));
}

}  // namespace

TEST_CASE("tasks can be listed by status, in memory and from the file") {
  World memory(Settings{{"store", "\"memory\""}});
  run_tasks_for_filter(memory);
  check_status_filter(memory);
  check_texts(memory);
  TempDir dir;
  World durable(Settings{{"store", "\"sqlite:" + (dir.path() / "log.db").string() + '"'}});
  run_tasks_for_filter(durable);
  check_status_filter(durable);
  check_texts(durable);
}

TEST_CASE("the status of a task has a short path, which is not the status of the server") {
  World world;
  world.upstream.always(whole_answer("An answer."));
  const std::string id = world.submit_single();
  (void)world.whole_stream(id);
  const HttpReply alias = world.get("/status/" + id);
  CHECK(alias.status == 200);
  CHECK(alias.json()["stream_id"] == id);
  CHECK(alias.header("etag") == world.get(api::with_id(api::status, id)).header("etag"));
  CHECK(world.get("/status").json().contains("uptime_s"));
  CHECK(world.get("/status/nothing").status == 404);
}

TEST_CASE("an Idempotency-Key belongs to one route: a task and a retry may use the same one") {
  World world;
  world.upstream.always(whole_answer("An answer."));
  const Headers key = {{"Idempotency-Key", "k"}};
  const HttpReply task = world.post(api::task, task_body("single", "x"), key);
  CHECK(task.status == 202);
  const auto id = task.json()["stream_id"].get<std::string>();
  (void)world.whole_stream(id);
  const HttpReply retry = world.post(api::with_id(api::retry, id), {}, key);
  CHECK(retry.status == 202);
  CHECK(retry.json()["stream_id"] != id);
  CHECK(world.post(api::with_id(api::retry, id), {}, key).header("idempotency-replayed") == "true");
  CHECK(world.post(api::task, task_body("single", "x"), key).json()["stream_id"] == id);
}

TEST_CASE("to skip a member that is not in the task is 404, also after the task has ended") {
  World world;
  world.upstream.always(whole_answer("An answer."));
  const std::string id = world.submit_single();
  (void)world.whole_stream(id);
  CHECK(world.post(api::with_id(api::cancel, id) + "/members/bench%2Fother").status == 404);
  CHECK(world.post(api::with_id(api::cancel, id) + "/members/bench%2Fm1").status == 200);
}

TEST_CASE("the tag of a status covers the number of subscribers") {
  World world;
  world.upstream.always(Script::silence());
  const std::string id = world.submit_single();
  SseReader first = world.events(id);
  REQUIRE(first.read_event("chunk_started", seconds(10)));
  const std::string tag = world.get(api::with_id(api::status, id)).header("etag");
  CHECK(world.get(api::with_id(api::status, id), {{"If-None-Match", tag}}).status == 304);
  SseReader second = world.events(id);
  REQUIRE(second.read_event("chunk_started", seconds(10)));
  const HttpReply changed = world.get(api::with_id(api::status, id), {{"If-None-Match", tag}});
  CHECK(changed.status == 200);
  CHECK(changed.json()["readers"] == 2);
}

TEST_CASE("a longer answer than answer_bytes_max ends with the text so far and names the setting") {
  World world(Settings{{"answer_bytes_max", "\"1KiB\""}});
  world.upstream.always(whole_answer(std::string(1500, 'x')));
  const std::string id = world.submit_single();
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["error"]["code"] == "stream_limit");
  CHECK(last["error"]["remedy"].get<std::string>().find("answer_bytes_max") != std::string::npos);
  CHECK(last["result"]["answers"][0]["text"].get<std::string>().size() == 1024);
}

TEST_CASE("deletion and eviction from memory are two times: 30 days and an hour with a file, one hour without") {
  TempDir dir;
  World durable(Settings{{"store", "\"sqlite:" + (dir.path() / "log.db").string() + '"'}});
  World memory(Settings{{"store", "\"memory\""}});
  for (const auto& [world, days] : {std::pair{&durable, 30}, std::pair{&memory, 0}}) {
    world->upstream.always(whole_answer("An answer."));
    const Json accepted = world->post(api::task, task_body("single", "x")).json();
    WallTime created{}, expires{}, memory_expires{};
    REQUIRE(parse_rfc3339(accepted["created_at"].get<std::string>(), created));
    REQUIRE(parse_rfc3339(accepted["expires_at"].get<std::string>(), expires));
    REQUIRE(parse_rfc3339(accepted["memory_expires_at"].get<std::string>(), memory_expires));
    CHECK(memory_expires - created == seconds(3600));
    CHECK(expires - created == (days > 0 ? seconds(days * 24 * 3600) : seconds(3600)));
    (void)world->whole_stream(accepted["stream_id"].get<std::string>());
  }
}

}  // namespace plenum::tests
