#include "client/autostart/startup_log.h"

#include <doctest/doctest.h>

using namespace plenum::client;

TEST_CASE("the error of a server that did not start is its last one, with its remedy") {
  const auto failure = failure_in_log(
      "2026-11-26T21:00:00.000Z info something\n"
      "plenumd: an older error\nIts remedy.\n"
      "2026-11-26T21:00:01.000Z warning something\n"
      "plenumd: listen: 127.0.0.1:8080 is not available: Address already in use\nUse another port.\n");
  CHECK(failure.cause == "listen: 127.0.0.1:8080 is not available: Address already in use");
  CHECK(failure.remedy == "Use another port.");
}

TEST_CASE("lines of the log between and after those of the error are no part of it") {
  const auto failure = failure_in_log(
      "plenumd: the port is in use\n2026-11-26T21:00:00.000Z info one\nUse another port.\n"
      "2026-11-26T21:00:00.000Z warning two\n");
  CHECK(failure.cause == "the port is in use");
  CHECK(failure.remedy == "Use another port.");
}

TEST_CASE("an error of several lines stays whole, and a missing one is empty") {
  const auto several = failure_in_log("plenumd: a: wrong\nb: wrong\nCorrect them.\n");
  CHECK(several.cause == "a: wrong\n  b: wrong");
  CHECK(several.remedy == "Correct them.");
  const auto cut = failure_in_log("plenumd: only a cause");
  CHECK(cut.cause == "only a cause");
  CHECK(cut.remedy.empty());
  CHECK(failure_in_log("").cause.empty());
  CHECK(failure_in_log("Segmentation fault\n").cause.empty());
}

TEST_CASE("notices about keys and settings are found without time and level, and no other lines") {
  CHECK(notices_in_log("2026-11-26T21:00:00.000Z info providers: no provider key in the environment\n"
                       "2026-11-26T21:00:00.000Z info resumed 3 tasks\n"
                       "2026-11-26T21:00:00.000Z error a key is wrong\n"
                       "2026-11-26T21:00:00.000Z warning the environment variable PLENUM_STOR is not a setting\n") ==
        std::vector<std::string>{"providers: no provider key in the environment",
                                 "the environment variable PLENUM_STOR is not a setting"});
}
