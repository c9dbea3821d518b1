// Path prefixes and the default dialect: clients of other systems with another base URL and nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/compat/format_clients.h"

namespace plenum::tests {

namespace {

const char* const ranking = "Both are good.\n\nFINAL RANKING:\n1. Response B\n2. Response A";

void script_council(World& world) {
  world.upstream.on({.prompt_has = "Use the reviews to find errors"}, whole_answer("The council's answer."));
  world.upstream.on({.prompt_has = "FINAL RANKING"}, whole_answer(ranking));
  world.upstream.always(whole_answer("An answer."));
}

// As that page reads: the `data: ` lines of the parts between blank lines.
std::vector<ClientFrame> frames_of(const std::string& body) {
  std::vector<ClientFrame> frames;
  std::string name;
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    const std::string line = body.substr(at, end - at);
    at = end + 1;
    if (line.empty()) name.clear();
    if (line.rfind("event: ", 0) == 0) name = line.substr(7);
    if (line.rfind("data: ", 0) == 0) frames.push_back({name, nlohmann::json::parse(line.substr(6))});
  }
  return frames;
}

HttpReply request(const World& world, std::string_view method, std::string_view target, std::string_view body = {},
                  const Headers& headers = {}) {
  return fetch(world.server.port(), request_text(method, target, body, headers));
}

// The stream of a path, read to its end.
ClientView read_at(const World& world, const std::string& path, std::string_view dialect) {
  return client_of(dialect, frames_of(world.get(path, {{"Accept", "text/event-stream"}}).body));
}

// A conversation of LLM Council with its first message; its frames are in `body`.
struct Conversation {
  std::string path;
  HttpReply reply;
};
Conversation first_message(const World& world, const std::string& prefix, std::string_view body) {
  const HttpReply created = world.post(prefix + "/api/conversations", R"({"council_models":["bench/a","bench/b"]})");
  REQUIRE(created.status == 200);
  const std::string path = prefix + "/api/conversations/" + created.json()["id"].get<std::string>();
  return {path, world.post(path + "/message/stream", body)};
}

}  // namespace

TEST_CASE("below the prefix of a dialect every route works, and streams have that format without a query") {
  World world;
  world.upstream.always(whole_answer("An answer."));
  const HttpReply accepted =
      world.post("/as/facilitair/api/stream/task",
                 R"({"task":"Which?","context":{},"stream":true,"workflow":"single","members":["bench/a"]})");
  REQUIRE(accepted.status == 202);
  const std::string id = accepted.json()["stream_id"];
  (void)world.whole_stream(id);
  for (const std::string dialect : {"conclave", "process", "facilitair", "council", "council-2026"}) {
    CAPTURE(dialect);
    const std::string path = "/as/" + dialect + "/api/stream/events/" + id;
    const HttpReply reply = world.get(path, {{"Accept", "text/event-stream"}});
    CHECK(reply.status == 200);
    CHECK_FALSE(frames_of(reply.body).empty());
    CHECK(reply.body == world.get("/api/stream/events/" + id + "?dialect=" + dialect).body);
    CHECK(world.get(path + "?dialect=native").body.find("event: task_started") != std::string::npos);
  }
  CHECK(world.get("/as/facilitair/api/stream/status/" + id).json()["status"] == "completed");
  CHECK(world.get("/as/klingon/api/stream/status/" + id).status == 404);
  CHECK(world.get("/as/council").status == 404);
}

TEST_CASE("the setting default_dialect selects the format of streams without ?dialect=, pages stay native") {
  World world(Settings{{"default_dialect", "\"council-2026\""}});
  world.upstream.always(whole_answer("An answer."));
  const std::string id = world.submit_single();
  const std::string path = "/api/stream/events/" + id;
  CHECK(read_at(world, path, "council-2026").fault == "");
  CHECK(world.get(path + "?dialect=native").body.find("event: task_started") != std::string::npos);
  CHECK(world.get(path + "?types=token_stream").body.find("event: token_stream") != std::string::npos);
  CHECK(world.get(path, {{"Accept", "application/json"}}).json()["events"][0]["type"] == "task_started");
  const HttpReply inline_stream =
      world.post("/api/stream/task", R"({"task":"Which?","workflow":"single","members":["bench/a"]})",
                 {{"Accept", "text/event-stream"}});
  CHECK(client_of("council-2026", frames_of(inline_stream.body)).fault == "");
}

TEST_CASE("a page of LLM Council loads, sends a message, and finds it in the conversation") {
  for (const std::string dialect : {"council", "council-2026"}) {
    CAPTURE(dialect);
    World world;
    script_council(world);
    const std::string prefix = "/as/" + dialect;
    CHECK(world.get(prefix + "/api/config").json()["council_models"].is_array());
    CHECK(world.get(prefix + "/api/user").json()["authenticated"] == false);
    CHECK(world.get(prefix + "/api/models").json()["models"].is_array());
    CHECK(world.get(prefix + "/api/conversations").json().empty());
    const auto [path, reply] = first_message(
        world, prefix, R"({"content":"Which database?","use_web_search":false,"mode":"council","resume":false})");
    CHECK(reply.status == 200);
    CHECK(reply.header("content-type").rfind("text/event-stream", 0) == 0);
    const ClientView seen = client_of(dialect, frames_of(reply.body));
    CHECK(seen.fault == "");
    CHECK(seen.texts.at("synthesis") == "The council's answer.");

    const Json conversation = world.get(path).json();
    CHECK(conversation["title"] == "Which database?");
    REQUIRE(conversation["messages"].size() == 2);
    CHECK(conversation["messages"][0] == Json::parse(R"({"role":"user","content":"Which database?"})"));
    const Json& answer = conversation["messages"][1];
    CHECK(answer["role"] == "assistant");
    const char* synthesis = dialect == "council" ? "stage3" : "synthesis";
    CHECK(answer[synthesis]["response"] == "The council's answer.");
    if (dialect == "council-2026") {
      CHECK(answer["rounds"][0]["round_type"] == "responses");
      CHECK(answer["rounds"][1]["metadata"]["aggregate_rankings"].size() == 2);
    } else {
      CHECK(answer["stage1"].size() == 2);
      CHECK(answer["metadata"]["label_to_model"].size() == 2);
    }
    const Json list = world.get(prefix + "/api/conversations").json();
    REQUIRE(list.size() == 1);
    CHECK(list[0]["id"] == conversation["id"]);
    CHECK(list[0]["message_count"] == 2);
    CHECK(world.get(path + "/pending").json() == Json::parse(R"({"pending":false})"));

    CHECK(request(world, "PATCH", path, R"({"title":"Databases"})").json()["title"] == "Databases");
    CHECK(world.get(path).json()["title"] == "Databases");
    CHECK(request(world, "DELETE", path).json()["status"] == "ok");
    CHECK(world.get(path).status == 404);
  }
}

TEST_CASE("a new conversation of LLM Council's page is empty, listed and can be renamed before its first message") {
  World world;
  const HttpReply created = world.post("/as/council-2026/api/conversations", "{}");
  const std::string path = "/as/council-2026/api/conversations/" + created.json()["id"].get<std::string>();
  CHECK(world.get(path).json()["messages"].empty());
  CHECK(world.get("/as/council-2026/api/conversations").json()[0]["title"] == "New Conversation");
  CHECK(request(world, "PATCH", path, R"({"title":"Plans"})").status == 200);
  CHECK(world.get(path).json()["title"] == "Plans");
  CHECK(request(world, "DELETE", path).status == 200);
  CHECK(world.get(path).status == 404);
  CHECK(world.post("/as/council-2026/api/conversations/no-such/message/stream", R"({"content":"x"})").status == 404);
}

TEST_CASE("LLM Council's retry of the synthesis reuses the answers and is a stream of its own") {
  World world;
  script_council(world);
  const auto [path, reply] = first_message(world, "/as/council-2026", R"({"content":"Which?"})");
  REQUIRE(reply.status == 200);
  const std::size_t calls = world.upstream.request_count();
  const HttpReply retried = world.post(path + "/retry-synthesis/stream");
  CHECK(retried.status == 200);
  const ClientView seen = client_of("council-2026", frames_of(retried.body));
  CHECK(seen.fault == "");
  CHECK(seen.texts.at("synthesis") == "The council's answer.");
  CHECK(world.upstream.request_count() == calls + 1);
}

TEST_CASE("a message with attachments or for the arena is rejected with the way to submit it") {
  World world;
  for (const char* body : {R"({"content":"x","attachments":[{"id":"1"}]})", R"({"content":"x","mode":"arena"})"}) {
    const auto [path, reply] = first_message(world, "/as/council-2026", body);
    CHECK(reply.status == 422);
    CHECK(reply.json()["remedy"].get<std::string>().find("/api/stream/task") != std::string::npos);
  }
}

TEST_CASE("errors of llm-sse's route are plain text for every kind of error, with and without its prefix") {
  World world;
  for (const std::string path : {"/api/process", "/as/process/api/process"}) {
    CAPTURE(path);
    for (const char* method : {"GET", "DELETE"}) {
      const HttpReply reply = request(world, method, path);
      CHECK(reply.status == 405);
      CHECK(reply.header("content-type").rfind("text/plain", 0) == 0);
      CHECK(reply.header("allow").find("POST") != std::string::npos);
    }
    CHECK(world.post(path, "{").body == "Invalid request body");
    const HttpReply encoded = world.post(path, "{}", {{"Content-Encoding", "gzip"}});
    CHECK(encoded.status == 415);
    CHECK(encoded.header("content-type").rfind("text/plain", 0) == 0);
    const std::string large(5'000'000, 'x');
    const HttpReply too_large = world.post(path, large);
    CHECK(too_large.status == 413);
    CHECK(too_large.header("content-type").rfind("text/plain", 0) == 0);
  }
}

TEST_CASE("llm-sse's route takes JSON under any media type, but not from another origin") {
  World world(Settings{}, "default_model = \"m1\"\n");
  world.upstream.always(whole_answer("An answer."));
  const std::string body = R"({"message":"Why?","message_id":"m-1"})";
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
    CAPTURE(type);
    const HttpReply reply = world.post("/api/process", body, {{"Content-Type", type}});
    CHECK(reply.status == 200);
    CHECK(client_of("process", frames_of(reply.body)).fault == "");
  }
  const HttpReply foreign =
      world.post("/api/process", body, {{"Content-Type", "text/plain"}, {"Origin", "https://evil.example"}});
  CHECK(foreign.status == 403);
  CHECK(world.post("/api/stream/task", R"({"task":"x"})", {{"Content-Type", "text/plain"}}).status == 415);
}

}  // namespace plenum::tests
