// Faults of a provider and what subscribers receive: a typed error, and everything that had been
// emitted until then.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

// The terminal event of a single task; checks what holds of every failure.
Json failed_end(World& world) {
  std::string id = world.submit_single();
  std::vector<Frame> frames = world.whole_stream(id);
  CHECK(broken_rule(frames) == "");
  Json last = frames.back().json();
  CHECK(last["type"] == "task_error");
  CHECK(last["error"]["message"].get<std::string>() != "");
  CHECK(last["error"]["remedy"].get<std::string>() != "");
  std::vector<Json> completed = events_named(frames, "chunk_completed");
  REQUIRE(completed.size() == 1);
  CHECK(completed[0]["status"] == (last["error"]["code"] == "timeout" ? "timeout" : "error"));
  CHECK(completed[0]["member"] == "bench/m1");
  CHECK(completed[0]["error"]["code"] == last["error"]["code"]);
  CHECK(world.status(id)["status"] == "error");
  return last;
}

std::string failed_code(const Script& script) {
  World world;
  world.upstream.always(script);
  return failed_end(world)["error"]["code"].get<std::string>();
}

std::string partial_text(const Json& end) { return end["result"]["answers"][0]["text"].get<std::string>(); }

std::string error_body(std::string_view message, std::string_view type) {
  return R"({"error":{"message":")" + std::string(message) + R"(","type":")" + std::string(type) +
         R"(","param":null,"code":null}})";
}

}  // namespace

TEST_CASE("what a provider answers instead of a stream becomes the error of its class") {
  CHECK(failed_code(Script::answer(401, error_body("Incorrect API key provided", "invalid_request_error"))) ==
        "authentication");
  CHECK(failed_code(Script::answer(404, error_body("The model does not exist", "invalid_request_error"))) ==
        "invalid_request");
  CHECK(failed_code(Script::answer(429, error_body("Rate limit reached", "rate_limit_error"))) == "rate_limit");
  CHECK(failed_code(Script::answer(500, "<html><body>Internal Server Error</body></html>", "text/html")) == "server");
  CHECK(failed_code(Script::answer(503, error_body("Overloaded", "overloaded_error"))) == "overloaded");
  CHECK(failed_code(Script::answer(200, "<html>Please log in</html>", "text/html")) == "malformed");
}

TEST_CASE("a Retry-After of the provider reaches the subscriber") {
  World world;
  world.upstream.always(
      Script::answer(429, error_body("slow down", "rate_limit_error"), "application/json", {{"Retry-After", "7"}}));
  CHECK(failed_end(world)["error"]["retry_after_ms"] == 7000);
}

TEST_CASE("a redirect is an error and is not followed") {
  World world;
  ScriptedUpstream elsewhere;
  elsewhere.always(whole_answer("stolen"));
  world.upstream.always(
      Script::answer(307, "", "text/plain", {{"Location", elsewhere.base_url() + "/chat/completions"}}));
  CHECK(failed_end(world)["result"]["answer"] == "");
  CHECK(elsewhere.request_count() == 0);
}

TEST_CASE("a reset in the middle of an answer is a transport error that keeps the text so far") {
  World world;
  Latch seen("seen");
  world.upstream.always(Script::stream().words({"Half", " an"}).wait_for(seen).cut(Cut::reset));
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(read_text(reader, "Half an"));
  seen.open();
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  Json last = reader.frames().back().json();
  CHECK(last["error"]["code"] == "transport");
  CHECK(partial_text(last) == "Half an");
}

TEST_CASE("an answer that ends without its end marker is truncated and never used as whole") {
  World world;
  world.upstream.always(Script::stream(Framing::until_close).words({"Half", " an"}).cut(Cut::fin));
  Json last = failed_end(world);
  CHECK(last["error"]["code"] == "truncated");
  CHECK(partial_text(last) == "Half an");
  CHECK(last["result"]["answer"] == "");
}

TEST_CASE("an error in mid-stream keeps the text so far") {
  World world;
  world.upstream.always(
      Script::stream().words({"Half"}).send(data_line(error_body("The engine fell over", "server_error"))));
  Json last = failed_end(world);
  CHECK(last["error"]["code"] == "server");
  CHECK(last["error"]["message"].get<std::string>().find("The engine fell over") != std::string::npos);
  CHECK(partial_text(last) == "Half");
}

TEST_CASE("a provider that is not running is a transport error") {
  World world;
  world.upstream.stop_listening();
  CHECK(failed_end(world)["error"]["code"] == "transport");
}

TEST_CASE("a provider that accepts and never answers is given up after its time") {
  World world(Settings{{"first_token_timeout_ms", "300"}});
  world.upstream.always(Script::silence());
  CHECK(failed_end(world)["error"]["code"] == "timeout");
  CHECK(world.upstream.wait_until_closed(0, seconds(1)));
}

TEST_CASE("a provider that falls silent in mid-answer is given up after its time") {
  World world(Settings{{"idle_timeout_ms", "300"}});
  Latch never("never");
  world.upstream.always(Script::stream().words({"Half"}).wait_for(never));
  Json last = failed_end(world);
  CHECK(last["error"]["code"] == "timeout");
  CHECK(partial_text(last) == "Half");
}

TEST_CASE("wherever an answer is cut, the reader gets its whole words, one error and one end") {
  std::string whole = "Wherever it is cut.";
  std::string body;
  for (const std::string& word : split_words(whole)) body += text_chunk(word);
  World world;
  for (std::size_t cut = 1; cut < body.size(); cut += 37) {
    world.upstream.on({.times = 1}, Script::stream(Framing::until_close).text(whole).finish().cut_after(cut, Cut::fin));
    Json last = failed_end(world);
    CHECK_MESSAGE(whole.find(partial_text(last)) == 0, "cut at byte " << cut << " gave " << partial_text(last));
  }
}

TEST_CASE("what other servers add to the format is ignored") {
  World world;
  world.upstream.always(Script::stream()
                            .send(": OPENROUTER PROCESSING\r\n\r\n")
                            .send("event: ping\ndata: {}\n\n")
                            .send(data_line(R"({"choices":null,"unknown":{"deep":[1,2]}})"))
                            .words({"fine"})
                            .finish());
  std::vector<Frame> frames = world.whole_stream(world.submit_single());
  CHECK(frames.back().event == "task_completed");
  CHECK(streamed_text(frames) == "fine");
}

TEST_CASE("an answer without any text is an error and not an empty success") {
  World world;
  world.upstream.always(Script::stream().finish());
  failed_end(world);
}

TEST_CASE("an unterminated line is cut off and the server continues") {
  World world;
  std::string endless(256 * 1024, 'x');
  Script script = Script::stream().send("data: {\"a\":\"");
  for (int i = 0; i < 24; ++i) script.send(endless);
  Latch never("never");
  world.upstream.on({.times = 1}, script.wait_for(never));
  failed_end(world);
  world.upstream.always(whole_answer("still here"));
  CHECK(streamed_text(world.whole_stream(world.submit_single())) == "still here");
}

TEST_CASE("a key is sent to its provider and shows nowhere else") {
  ScriptedUpstream upstream;
  const std::string key = "sk-test-1234567890abcdef";
  upstream.next(whole_answer("yes"));
  upstream.next(Script::answer(401, error_body("Incorrect API key provided: " + key, "invalid_request_error")));
  ServerProcess server({.settings = {{"log_level", "\"trace\""}},
                        .tables = provider_table("bench", upstream.base_url(), "key_env = \"BENCH_KEY\"\n"),
                        .env = {{"BENCH_KEY", key}}});
  std::string seen;
  for (int i = 0; i < 2; ++i) {
    HttpReply reply =
        post(server.port(), "/api/stream/task", task_body("single", "task"), {{"Accept", "text/event-stream"}});
    seen += reply.body;
  }
  CHECK(seen.find("authentication") != std::string::npos);
  CHECK(upstream.request(0).headers.at("authorization") == "Bearer " + key);
  seen += get(server.port(), "/api/models").body + get(server.port(), "/status").body + server.log();
  CHECK(seen.find(key) == std::string::npos);
}

}  // namespace plenum::tests
