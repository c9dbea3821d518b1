// A deleted task stores nothing: neither in its conversation nor in the cache, with both stores.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

constexpr std::string_view secret = "4711";
constexpr std::string_view talk = R"("conversation_id":"talk")";

Settings with_store(const std::string& store) { return {{"store", '"' + store + '"'}, {"cache_bytes_max", "1000000"}}; }

std::string ask(World& world, std::string_view task, std::string_view fields = talk) {
  const std::string id = world.submit("single", task, fields);
  (void)world.whole_stream(id);
  return id;
}

int remove(World& world, const std::string& id) {
  return fetch(world.server.port(), request_text("DELETE", "/api/stream/task/" + id)).status;
}

bool newest_request_has_secret(World& world) {
  return world.upstream.request(world.upstream.request_count() - 1).body.find(secret) != std::string::npos;
}

}  // namespace

TEST_CASE("after its deletion, a task is in no later prompt and is not answered from the cache") {
  const TempDir dir;
  for (const std::string& store : {std::string("memory"), "sqlite:" + (dir.path() / "log.db").string()}) {
    CAPTURE(store);
    World world(with_store(store));
    world.upstream.always(whole_answer("Noted."));
    const std::string deleted = ask(world, "My number is 4711.");
    ask(world, "What is it?");
    REQUIRE(newest_request_has_secret(world));
    REQUIRE(remove(world, deleted) == 204);
    ask(world, "What is my number?");
    CHECK(world.upstream.request_count() == 3);
    CHECK_FALSE(newest_request_has_secret(world));
    ask(world, "My number is 4711.", R"("conversation_id":"another talk")");
    CHECK(world.upstream.request_count() == 4);
  }
}

TEST_CASE("after the deletion of a conversation, none of its turns is in a later prompt or in the cache") {
  const TempDir dir;
  for (const std::string& store : {std::string("memory"), "sqlite:" + (dir.path() / "log.db").string()}) {
    CAPTURE(store);
    World world(with_store(store));
    world.upstream.always(whole_answer("Noted."));
    const std::string deleted = ask(world, "My number is 4711.", R"("conversation_id":"a talk/1")");
    const auto call = [&](const char* method) {
      return fetch(world.server.port(), request_text(method, "/api/conversations/a%20talk%2F1")).status;
    };
    CHECK(call("GET") == 200);
    CHECK(call("DELETE") == 204);
    CHECK(call("GET") == 404);
    CHECK(world.get("/api/stream/status/" + deleted).status == 410);
    ask(world, "What is my number?", R"("conversation_id":"a talk/1")");
    CHECK_FALSE(newest_request_has_secret(world));
    ask(world, "My number is 4711.", R"("conversation_id":"another talk")");
    CHECK(world.upstream.request_count() == 3);
  }
}

TEST_CASE("a task that is deleted while it runs is in no later prompt") {
  const TempDir dir;
  for (const std::string& store : {std::string("memory"), "sqlite:" + (dir.path() / "log.db").string()}) {
    CAPTURE(store);
    World world(with_store(store));
    world.upstream.next(Script::silence());
    world.upstream.always(whole_answer("Noted."));
    const std::string deleted = world.submit("single", "My number is 4711.", talk);
    REQUIRE(world.upstream.wait_for_requests(1, seconds(10)));
    REQUIRE(remove(world, deleted) == 204);
    ask(world, "What is my number?");
    CHECK_FALSE(newest_request_has_secret(world));
  }
}

}  // namespace plenum::tests
