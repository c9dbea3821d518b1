// Keys never leave, whatever a provider or a caller does with them. Every key is a canary; a decoy that looks
// the same but is not configured as a key takes the same paths and must be found everywhere, which proves the search.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "common/json/json_writer.h"
#include "common/protocol/api_paths.h"
#include "tests/flow/faults/secret_search.h"
#include "tests/flow/world.h"
#include "tests/support/failure.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

const std::string canary = "cnry-7Q2mZ9xW4vB8nL1pTgHy\"5/+Kd3R";
const std::string second = "cnry-second-0aF83bD91cE7264Hq";
const std::string decoy = "dcoy-4Jt8Vz1LrX6cQ0wNb9Ma\"7/+Ps2E";

struct VaultWorld {
  explicit VaultWorld(const std::string& log_format = "text")
      : server({.settings = {{"shutdown_grace_ms", "0"},
                             {"log_level", "\"trace\""},
                             {"log_format", "\"" + log_format + "\""}},
                .tables = provider_table("vault", upstream.base_url(), "key_env = \"CANARY_ONE\"\n") +
                          provider_table("other", upstream.base_url(), "key_env = \"CANARY_TWO\"\n"),
                .env = {{"CANARY_ONE", canary}, {"CANARY_TWO", second}, {"DECOY", decoy}}}) {}

  // Everything that a caller can get of one task, by place.
  std::map<std::string, std::string> everything_of(std::string_view task, std::string_view fields = {},
                                                   const Headers& headers = {}) {
    std::string more = R"("members":["vault/m1"])";
    if (!fields.empty()) more.append(",").append(fields);
    auto reply = post(server.port(), api::task, task_body("single", task, more), headers);
    if (reply.status != 202) throw Failure("POST gave " + std::to_string(reply.status) + ": " + reply.body);
    const auto id = reply.json()["stream_id"].get<std::string>();
    std::map<std::string, std::string> texts = {{"202", all_of(reply)}};
    SseReader reader(server.port(), api::with_id(api::events, id), headers);
    if (reader.read_all(seconds(20)) != StreamEnd::finished) throw Failure("the stream did not end");
    for (const Frame& frame : reader.frames()) texts["events"] += frame.bytes;
    for (const Frame& frame : reader.frames()) {
      if (frame.event != "token_stream") continue;
      const Json event = frame.json();
      texts["joined " + event["kind"].get<std::string>()] += event["tokens"].get<std::string>();
    }
    texts["events head"] = reader.header("x-request-id");
    texts["status"] = all_of(get(server.port(), api::with_id(api::status, id), headers));
    texts["result"] = all_of(get(server.port(), api::with_id(api::result, id), headers));
    texts["snapshot"] = all_of(get(server.port(), api::with_id(api::snapshot, id), headers));
    texts["export"] = all_of(get(server.port(), api::with_id(api::exported, id), headers));
    texts["export as JSON"] = all_of(get(server.port(), api::with_id(api::exported, id) + "?format=json", headers));
    texts["list"] = all_of(get(server.port(), api::tasks, headers));
    SseReader late(server.port(), api::with_id(api::events, id) + "?from=snapshot", headers);
    if (late.read_all(seconds(20)) != StreamEnd::finished) throw Failure("the late stream did not end");
    for (const Frame& frame : late.frames()) texts["events of a late reader"] += frame.bytes;
    return texts;
  }

  static std::string all_of(const HttpReply& reply) {
    std::string all = reply.body;
    for (const auto& [name, value] : reply.headers) all.append("\n").append(name).append(": ").append(value);
    return all;
  }

  ScriptedUpstream upstream;
  ServerProcess server;
};

using Texts = std::map<std::string, std::string>;

void check_none(const Texts& texts) {
  for (const auto& [place, text] : texts) {
    CAPTURE(place);
    CAPTURE(text);
    CHECK(spelling_found_in(text, canary) == "");
    CHECK(spelling_found_in(text, second) == "");
  }
}

// The decoy stands in each of these places: the same search would have found a key there.
void check_decoy(const Texts& texts, const std::vector<std::string>& places) {
  for (const auto& place : places) {
    CAPTURE(place);
    REQUIRE(texts.count(place) == 1);
    CHECK(spelling_found_in(texts.at(place), decoy) != "");
  }
}

std::string error_body(std::string_view message) {
  std::string body = R"({"error":{"message":)";
  append_json_string(body, message);
  return body + R"(,"type":"invalid_request_error","code":null}})";
}

const std::vector<std::string> answer_places = {"events", "joined text", "status",
                                                "result", "snapshot",    "events of a late reader"};
// A status shows no text of answers.
std::vector<std::string> places_of_text() {
  auto places = answer_places;
  std::erase(places, "status");
  return places;
}
const std::vector<std::string> error_places = {"events", "status", "result", "snapshot"};

}  // namespace

TEST_CASE("no key in the text of a model is emitted, in any encoding and at any split") {
  VaultWorld world;
  for (const std::string& key : {canary, second, decoy}) {
    for (const auto& [name, spelling] : canary_spellings(key)) {
      CAPTURE(name);
      // Every cut of the raw one, some of the others.
      const std::size_t stride = name == "raw" && key != decoy ? 1 : 9;
      for (std::size_t cut = 0; cut <= spelling.size(); cut += stride) {
        CAPTURE(cut);
        world.upstream.next(Script::stream()
                                .send(text_chunk("it is " + spelling.substr(0, cut)))
                                .send(reasoning_chunk("think " + spelling.substr(0, cut)))
                                .send(text_chunk(spelling.substr(cut) + " so"))
                                .send(reasoning_chunk(spelling.substr(cut) + " then"))
                                .finish());
        const auto texts = world.everything_of("Say it.");
        if (key == decoy) {
          check_decoy(texts, {"joined text", "joined reasoning", "result", "snapshot"});
          continue;
        }
        check_none(texts);
        CHECK(texts.at("joined text").find("[REDACTED] so") != std::string::npos);
        CHECK(texts.at("joined reasoning").find("[REDACTED] then") != std::string::npos);
      }
    }
  }
  CHECK(spelling_found_in(world.server.log(), canary) == "");
}

TEST_CASE("no key in the request id of a provider is in a receipt") {
  VaultWorld world;
  for (const std::string& key : {canary, second, decoy}) {
    world.upstream.next(Script::answer(400, error_body("no"), "application/json", {{"X-Request-Id", key}}));
    const auto texts = world.everything_of("Say it.");
    if (key != decoy) check_none(texts);
    if (key == decoy) check_decoy(texts, {"events", "result", "export", "export as JSON"});
  }
}

TEST_CASE("no key that arrives byte by byte is emitted") {
  VaultWorld world;
  for (const std::string& key : {canary, decoy}) {
    Script script = Script::stream();
    for (const char byte : "a " + key + " b") script.send(text_chunk({&byte, 1}));
    world.upstream.next(script.finish());
    const auto texts = world.everything_of("Say it.");
    check_none(texts);
    if (key == decoy) check_decoy(texts, places_of_text());
  }
}

TEST_CASE("no key is emitted from an error, a finish_reason or a header of a provider") {
  VaultWorld world;
  for (const std::string& key : {canary, second, decoy}) {
    for (const auto& [name, spelling] : canary_spellings(key)) {
      CAPTURE(name);
      const std::string words = "you sent " + spelling + " to us";
      const std::vector<Script> refusals = {Script::answer(401, error_body(words)),
                                            Script::answer(400, error_body("cut: " + spelling)),
                                            Script::answer(400, words, "text/plain"),
                                            Script::stream().words({"Half"}).send(data_line(error_body(words)))};
      for (const Script& script : refusals) {
        world.upstream.next(script);
        const auto texts = world.everything_of("Say it.");
        check_none(texts);
        if (key == decoy) check_decoy(texts, error_places);
      }
      std::string reason;
      append_json_string(reason, spelling);
      world.upstream.next(
          Script::stream().words({"Whole"}).finish(7, 5, std::string_view(reason).substr(1, reason.size() - 2)));
      const auto texts = world.everything_of("Say it.");
      check_none(texts);
      if (key == decoy) check_decoy(texts, {"events"});
      world.upstream.next(Script::answer(400, error_body("no"), "application/json", {{"X-Echo", spelling}}));
      check_none(world.everything_of("Say it."));
    }
  }
  CHECK(spelling_found_in(world.server.log(), canary) == "");
}

TEST_CASE("a key in a task reaches neither a model nor a subscriber, and its removal is reported") {
  VaultWorld world;
  world.upstream.always(whole_answer("Well."));
  for (const std::string& key : {canary, decoy}) {
    std::string json;
    append_json_string(json, key);
    const std::string fields =
        R"("context":{"note":)" + json + R"(},"message_id":)" + json + R"(,"metadata":{"k":)" + json + "}";
    auto texts = world.everything_of("Explain " + key, fields);
    const auto request = world.upstream.request(world.upstream.request_count() - 1);
    texts["upstream body"] = request.body;
    check_none(texts);
    const bool reported = texts.at("events").find("\"code\":\"secret_redacted\"") != std::string::npos;
    CHECK(reported == (key == canary));
    if (key == decoy) check_decoy(texts, {"202", "events", "status", "list", "upstream body"});
    CHECK(request.headers.at("authorization") == "Bearer " + canary);
  }
}

TEST_CASE("no key is emitted in an echoed request id or in a problem document") {
  for (const std::string format : {"text", "json"}) {
    VaultWorld world(format);
    world.upstream.always(whole_answer("Well."));
    for (const std::string& key : {canary, decoy}) {
      const Headers headers = {{"X-Request-Id", key}};
      auto texts = world.everything_of("Say it.", {}, headers);
      const auto rejected = [&](std::string_view body) {
        return VaultWorld::all_of(post(world.server.port(), api::task, body, headers));
      };
      std::string json;
      append_json_string(json, key);
      texts["unknown field"] = rejected(R"({"task":"x",)" + json + ":1}");
      texts["unknown workflow"] = rejected(R"({"task":"x","workflow":)" + json + "}");
      texts["no JSON"] = rejected(key);
      texts["no route"] = VaultWorld::all_of(get(world.server.port(), "/nothing", headers));
      check_none(texts);
      if (key == decoy) check_decoy(texts, {"202", "events head", "status", "unknown field", "no JSON", "no route"});
    }
    CHECK(spelling_found_in(world.server.log(), canary) == "");
  }
}

TEST_CASE("no line of the server's log holds a key, wherever the text of the line comes from") {
  const auto workflow = [](const std::string& variable) {
    return "name = \"mine\"\ndescription = \"d\"\nroles = [\"r\"]\nanswer = \"{{a}}\"\n[[steps]]\nid = \"a\"\n" +
           std::string("agent = \"A\"\nstage = \"s\"\nprompt = \"{{") + variable + "}}\"\n";
  };
  for (const std::string format : {"text", "json"}) {
    CAPTURE(format);
    const TempDir flows;
    flows.write("mine.toml", workflow("task"));
    ServerProcess server({.settings = {{"shutdown_grace_ms", "0"},
                                       {"log_format", "\"" + format + "\""},
                                       {"workflows_dir", "\"" + flows.path().string() + "\""}},
                          .tables = provider_table("other", "http://127.0.0.1:1/v1", "key_env = \"CANARY_TWO\"\n"),
                          .env = {{"CANARY_TWO", second}}});
    // The fault of a workflow file is logged with the name that it does not know.
    flows.write("mine.toml", workflow(second + " " + "decoy-second-9kP2"));
    REQUIRE(eventually([&] { return server.log().find("decoy-second-9kP2") != std::string::npos; }, seconds(20)));
    CHECK(spelling_found_in(server.log(), second) == "");
    CHECK(server.log().find("[REDACTED]") != std::string::npos);
  }
}

TEST_CASE("the environment of the running server shows no key") {
  VaultWorld world;
  std::ifstream file("/proc/" + std::to_string(world.server.pid()) + "/environ", std::ios::binary);
  const std::string environment{std::istreambuf_iterator<char>(file), {}};
  // Who is not allowed to look in sees nothing at all, which is the other half of the guard.
  if (environment.empty()) return;
  CHECK(spelling_found_in(environment, decoy) == "raw");
  CHECK(spelling_found_in(environment, canary) == "");
  CHECK(spelling_found_in(environment, second) == "");
}

}  // namespace plenum::tests
