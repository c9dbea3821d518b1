// Accepting a task and running it: contract sections 2, 5 and 8.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "common/base/ids.h"
#include "common/base/utf8.h"
#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"

namespace plenum::tests {

TEST_CASE("a task is accepted at once with everything that its caller needs next") {
  World world;
  world.upstream.always(Script::silence());
  HttpReply reply = world.post(api::task, task_body("single", "Grüße an alle"));
  REQUIRE(reply.status == 202);
  Json body = reply.json();
  std::string id = body["stream_id"].get<std::string>();
  REQUIRE(StreamId::parse(id).has_value());
  CHECK(id[14] == '4');  // RFC 9562: version 4, random
  CHECK(reply.header("location") == "/api/stream/status/" + id);
  CHECK(reply.header("content-type").find("application/json") == 0);
  CHECK(reply.header("x-content-type-options") == "nosniff");
  CHECK(reply.header("x-request-id") != "");
  CHECK(body["status"] == "initializing");
  CHECK(body["task"] == "Grüße an alle");
  CHECK(body["workflow"] == "single");
  CHECK(body["created_at"].get<std::string>().size() == 24);
  CHECK(body["expires_at"].get<std::string>() > body["created_at"].get<std::string>());
  CHECK(body["events_url"] == "/api/stream/events/" + id);
  CHECK(body["status_url"] == "/api/stream/status/" + id);
  CHECK(body["cancel_url"] == "/api/stream/cancel/" + id);
  CHECK(body["heartbeat_s"] == 15);
  CHECK(body["poll_after_ms"].get<int>() > 0);
  CHECK(body["members"] == Json::parse(R"([{"id":"bench/m1","model":"m1"}])"));
  CHECK(body["skipped"] == Json::array());
}

TEST_CASE("an accepted id resolves on every route while its task has not begun to answer") {
  World world;
  world.upstream.always(Script::silence());
  std::string id = world.submit_single();
  for (auto route : {api::status, api::result, api::snapshot}) {
    HttpReply reply = world.get(api::with_id(route, id));
    const int expected = route == api::result ? 202 : 200;  // there is no result yet
    CHECK_MESSAGE(reply.status == expected, std::string(route) << " gave " << reply.status << " " << reply.body);
  }
  Json snapshot = world.get(api::with_id(api::snapshot, id)).json();
  REQUIRE(snapshot["seq"].is_number());
  CHECK(snapshot["seq"].get<int>() <= world.status(id)["last_seq"].get<int>());
  CHECK(world.events(id).status() == 200);
  CHECK(world.get(api::tasks).body.find(id) != std::string::npos);
  CHECK(world.cancel(id).status == 202);
}

TEST_CASE("two tasks never get the same id") {
  World world;
  world.upstream.always(whole_answer("yes"));
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.insert(world.submit_single());
  CHECK(ids.size() == 50);
}

TEST_CASE("single streams the first tokens before the upstream has ended") {
  World world;
  Latch more("more");
  world.upstream.always(Script::stream().words({"Hello", " wor"}).wait_for(more).words({"ld"}).finish(11, 3));
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(read_text(reader, "Hello wor"));
  CHECK(world.status(id)["status"] == "running");
  more.open();
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(reader.fault() == "");
  CHECK(broken_rule(reader.numbered()) == "");
  CHECK(streamed_text(reader.frames()) == "Hello world");
  Json last = reader.frames().back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["answer"] == "Hello world");
  CHECK(last["result"]["usage"]["total_tokens"] == 14);
  CHECK(last["result"]["degraded"] == false);
  CHECK(world.result(id) == last["result"]);
  CHECK(world.status(id)["status"] == "completed");
}

TEST_CASE("the joined deltas of a chunk are its output, with its length") {
  World world;
  std::string text = "Übung macht den Meister: 日本語, emoji \xF0\x9F\x8E\x89 and \"quotes\"\\\nover two lines";
  world.upstream.always(whole_answer(text));
  std::vector<Frame> frames = world.whole_stream(world.submit_single());
  CHECK(streamed_text(frames) == text);
  std::vector<Json> completed = events_named(frames, "chunk_completed");
  REQUIRE(completed.size() == 1);
  CHECK(completed[0]["output"] == text);
  CHECK(completed[0]["chars"] == code_points(text));
  CHECK(completed[0]["sha256"].get<std::string>().size() == 64);
  CHECK(completed[0]["status"] == "ok");
  CHECK(completed[0]["finish_reason"] == "stop");
}

TEST_CASE("deltas never split a character that the upstream's packets split") {
  World world;
  std::string chunk = text_chunk("日本語");
  Script script = Script::stream();
  for (char byte : chunk) script.send(std::string(1, byte));
  world.upstream.always(script.finish());
  std::vector<Frame> frames = world.whole_stream(world.submit_single());
  for (const Json& event : events_named(frames, "token_stream")) CHECK(is_utf8(event["tokens"].get<std::string>()));
  CHECK(streamed_text(frames) == "日本語");
}

TEST_CASE("a task that is posted again with its Idempotency-Key is the same task, and another body is refused") {
  World world;
  world.upstream.always(whole_answer("once"));
  const std::string body = task_body("single", "Say something once.");
  const Headers key{{"Idempotency-Key", "\"lost-reply-1\""}};
  const HttpReply first = world.post("/api/stream/task", body, key);
  const HttpReply again = world.post("/api/stream/task", body, key);
  CHECK(first.status == 202);
  CHECK(again.status == 202);
  CHECK(again.body == first.body);
  CHECK(first.header("idempotency-replayed") == "");
  CHECK(again.header("idempotency-replayed") == "true");
  const HttpReply other = world.post("/api/stream/task", task_body("single", "Say something else."), key);
  CHECK(other.status == 422);
  CHECK(other.json()["code"] == "idempotency-key-reuse");
  CHECK(world.get("/api/stream/tasks").json()["tasks"].size() == 1);
}

TEST_CASE("the caller's message and conversation come back on every event") {
  World world;
  world.upstream.always(whole_answer("yes"));
  std::string id = world.submit("single", "task", R"("message_id":"msg-7","conversation_id":"conv-9")");
  for (const Frame& frame : world.whole_stream(id)) {
    CHECK(frame.json()["message_id"] == "msg-7");
    CHECK(frame.json()["conversation_id"] == "conv-9");
    CHECK(frame.json()["stream_id"] == id);
  }
}

TEST_CASE("a buffered task answers with the result that the stream ends with") {
  World world;
  world.upstream.always(whole_answer("the whole answer"));
  HttpReply reply = world.post(api::task, task_body("single", "task", R"("stream":false)"));
  REQUIRE(reply.status == 200);
  CHECK(reply.json()["status"] == "completed");
  CHECK(reply.json()["answer"] == "the whole answer");
}

TEST_CASE("a POST that accepts an event stream gets the stream itself") {
  World world;
  world.upstream.always(whole_answer("at once"));
  HttpReply reply = world.post(api::task, task_body("single", "task"), {{"Accept", "text/event-stream"}});
  REQUIRE(reply.status == 200);
  CHECK(reply.header("content-type") == "text/event-stream; charset=utf-8");
  CHECK(reply.header("location").find("/api/stream/events/") == 0);
  CHECK(reply.body.find("event: task_completed\n") != std::string::npos);
}

TEST_CASE("status shows what the stream has emitted and never lags it") {
  World world;
  Latch more("more");
  world.upstream.always(Script::stream().words_apart({"a", "b", "c"}).wait_for(more).finish());
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  while (streamed_text(reader.frames()) != "abc" && reader.read_event("token_stream", seconds(10))) {
    CHECK(world.status(id)["last_seq"].get<std::uint64_t>() >= seq_of(reader.last_id()));
  }
  Json status = world.status(id);
  CHECK(status["status"] == "running");
  CHECK(status["members"][0]["id"] == "bench/m1");
  CHECK(status["members"][0]["chars"] == 3);
  CHECK(status["total_chunks"] == 1);
  CHECK(status["chunks_completed"] == 0);
  CHECK(status["readers"] == 1);
  more.open();
  reader.read_all(seconds(10));
  status = world.status(id);
  CHECK(status["chunks_completed"] == 1);
  CHECK(status["last_seq"] == seq_of(reader.last_id()));
  CHECK(status["finished_at"].get<std::string>().size() == 24);
}

TEST_CASE("the server's own pages answer") {
  World world;
  CHECK(world.get(api::livez).status == 200);
  CHECK(world.get(api::readyz).status == 200);
  CHECK(world.get(api::server_status).json()["version"].is_string());
  CHECK(world.get(api::workflows).body.find("consensus") != std::string::npos);
  CHECK(world.get(api::models).body.find("bench") != std::string::npos);
}

}  // namespace plenum::tests
