#include "client/cli/tools/diagnosis.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace plenum;
using namespace plenum::client;

TEST_CASE("a server of another version is a warning") {
  CHECK(version_check("http://a", Json{{"version", "1"}, {"status", "ok"}}, "1").finding == Finding::ok);
  CHECK(version_check("http://a", Json{{"version", "2"}, {"status", "ok"}}, "1").finding == Finding::warning);
  CHECK(version_check("http://a", Json{{"version", "1"}, {"status", "draining"}}, "1").finding == Finding::warning);
}

TEST_CASE("clocks may differ by the duration of the request and a few seconds") {
  WallTime own{};
  REQUIRE(parse_rfc3339("2026-11-21T06:37:30.000Z", own));
  const auto finding = [&](const char* time, int round_trip_ms) {
    return clock_check(Json{{"time", time}}, own, milliseconds(round_trip_ms)).finding;
  };
  CHECK(finding("2026-11-21T06:37:34.000Z", 0) == Finding::ok);
  CHECK(finding("2026-11-21T06:37:20.000Z", 0) == Finding::warning);
  CHECK(finding("2026-11-21T06:37:20.000Z", 6'000) == Finding::ok);
  CHECK(finding("", 0) == Finding::warning);
}

TEST_CASE("keys are named by their providers; without any, answers are simulated or local") {
  const auto check = [](const char* providers) { return keys_check(*parse_json(providers)); };
  CHECK(check(R"({"providers":[{"name":"openai","kind":"openai","key_present":true},
                               {"name":"groq","kind":"openai","key_present":false}]})")
            .detail == "openai");
  CHECK(check(R"({"providers":[{"name":"offline","kind":"offline","key_present":false}]})").finding ==
        Finding::warning);
  CHECK(check(R"({"providers":[{"name":"ollama","kind":"ollama","key_present":true}]})")
            .detail.find("only local models") != std::string::npos);
}

TEST_CASE("a late first event is a warning, a missing one a failure") {
  CHECK(streaming_check(milliseconds(40), "").detail == "first event after 0.04 s");
  CHECK(streaming_check(milliseconds(40), "").finding == Finding::ok);
  CHECK(streaming_check(milliseconds(4'000), "").finding == Finding::warning);
  const Check none = streaming_check(std::nullopt, "the server sent nothing");
  CHECK(none.finding == Finding::failed);
  CHECK(none.remedy.find("buffering") != std::string::npos);
}

TEST_CASE("a terminal needs UTF-8, a name and a width") {
  const auto finding = [](TerminalFacts facts) { return terminal_check(facts).finding; };
  CHECK(finding({}) == Finding::ok);
  CHECK(finding({true, "xterm", "en_US.UTF-8", 80, true}) == Finding::ok);
  CHECK(finding({true, "xterm", "C", 80, true}) == Finding::warning);
  CHECK(finding({true, "dumb", "C.utf8", 80, false}) == Finding::warning);
  CHECK(finding({true, "xterm", "C.utf8", 30, true}) == Finding::warning);
}

TEST_CASE("findings are lines with their remedy, and an object") {
  const std::vector<Check> checks{{"server", Finding::ok, "at \x1b[31m", ""},
                                  {"keys", Finding::failed, "none", "Store one."}};
  CHECK(checks_text(checks) ==
        "ok       server     at ␛[31m\n"
        "failed   keys       none\n"
        "                    Store one.\n");
  CHECK(any_failed(checks));
  CHECK(checks_json(checks)["ok"] == false);
  CHECK(checks_json(checks)["checks"][1]["remedy"] == "Store one.");
}
