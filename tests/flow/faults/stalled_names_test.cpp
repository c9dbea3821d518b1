// A name server that never answers for one provider. Plain builds only: a sanitizer must be the first
// library of a process, and the shim that stalls names would come before it.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

constexpr int stalled_count = 12;  // more than there are DNS lookup threads

std::string url_of(const ScriptedUpstream& upstream, std::string_view host) {
  return "http://" + std::string(host) + ":" + std::to_string(upstream.port()) + "/v1";
}

struct Stalled {
  explicit Stalled(Settings settings)
      : server({.settings = std::move(settings),
                .tables = provider_table("lost", url_of(upstream, "lost.stall.test")) +
                          provider_table("near", url_of(upstream, "127.0.0.1")) +
                          provider_table("named", url_of(upstream, "named.quick.test")),
                .env = {{"LD_PRELOAD", STALLED_NAMES_PATH}}}) {}

  SseReader ask(const std::string& member) {
    HttpReply reply = post(server.port(), "/api/stream/task",
                           task_body("single", "Say something.", R"("members":[")" + member + R"("])"));
    REQUIRE(reply.status == 202);
    return SseReader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
  }

  ScriptedUpstream upstream;
  ServerProcess server;
};

std::string code_of(SseReader& reader) {
  if (reader.read_all(seconds(10)) != StreamEnd::finished) return "no end";
  return reader.frames().back().json().value("/error/code"_json_pointer, std::string("ok"));
}

}  // namespace

TEST_CASE("while a name server never answers for one provider, other streams flow and other names are found" *
          doctest::skip(sanitized())) {
  Stalled world({{"connect_timeout_ms", "4000"}, {"shutdown_grace_ms", "0"}, {"event_loops", "3"}});
  Script steady = Script::stream();
  for (int i = 0; i < 100; ++i) steady.words({"word "}).pause(milliseconds(10));
  world.upstream.on({.model = "steady"}, steady.finish());
  world.upstream.always(whole_answer("found"));

  std::vector<SseReader> stalled;
  for (int i = 0; i < stalled_count; ++i) stalled.push_back(world.ask("lost/m" + std::to_string(i)));
  SseReader flowing = world.ask("near/steady");
  SseReader named = world.ask("named/m");

  CHECK(code_of(named) == "ok");
  // The gaps are the server's own times: the test's threads may be late.
  REQUIRE(flowing.read_all(seconds(10)) == StreamEnd::finished);
  std::int64_t before = -1, longest = 0;
  for (const Json& event : events_named(flowing.frames(), "token_stream")) {
    const auto at = event["t_ms"].get<std::int64_t>();
    if (before >= 0) longest = std::max(longest, at - before);
    before = at;
  }
  CHECK_MESSAGE(longest < scaled(milliseconds(100)).count(), "longest gap: " << longest << " ms");
  for (SseReader& reader : stalled) CHECK(reader.end() == StreamEnd::open);
}

TEST_CASE("a look-up that never ends is a timeout in its time" * doctest::skip(sanitized())) {
  Stalled world({{"connect_timeout_ms", "100"}, {"shutdown_grace_ms", "0"}});
  SseReader reader = world.ask("lost/m");
  CHECK(code_of(reader) == "timeout");
  CHECK(world.upstream.request_count() == 0);
}

}  // namespace plenum::tests
