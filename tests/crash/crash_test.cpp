#include <doctest/doctest.h>

#include <algorithm>
#include <list>

#include "common/clock.h"
#include "tests/crash/caller.h"
#include "tests/crash/crash_run.h"
#include "tests/crash/paced_upstream.h"
#include "tests/crash/server_life.h"

namespace plenum::tests {

namespace {

std::string store_in(const TempDir& dir) { return sqlite_store(dir.path().string()); }

bool is_done(const Caller& caller) { return caller.done(); }
bool is_connected(const Caller& caller) { return caller.connected(); }

// Callers that all post the same task with the same key; the first also reads its stream.
struct Crowd {
  Crowd(const std::string& store, int size)
      : upstream(
            loop,
            [](const std::string&, const std::string&) { return CallPlan{.words = 10, .pace = milliseconds(10)}; },
            [this](const std::string& model, const std::string&, const std::string& text) {
              checker.upstream_call("one-key", "answer:bench/" + model, text, around.life);
            }),
        server({.store = store, .tables = bench_table(upstream.base_url())}) {
    around.on_accepted = [this](const std::string&, const std::string&) { ++answered; };
    const std::string body = R"({"task":"Say something.","workflow":"single","members":["bench/m1"]})";
    for (int i = 0; i < size; ++i) {
      std::vector<std::uint64_t> readers;
      if (i == 0) readers.push_back(0);
      callers.emplace_back(around, Caller::Plan{.key = "one-key", .body = body, .readers = readers});
    }
  }

  void begin_life() {
    server.start();
    turn_until([this] { return server.ready(); });
    around.port = server.port();
    around.alive = true;
    around.life = server.number();
  }
  void be_killed() {
    around.alive = false;
    server.kill_at_once();
    turn_until([this] { return std::none_of(callers.begin(), callers.end(), is_connected); });
  }
  template <class Condition>
  void turn_until(Condition condition) {
    for (Deadline deadline = seconds(20); !condition();) {
      REQUIRE_FALSE(deadline.over());
      if (around.alive) std::for_each(callers.begin(), callers.end(), [](Caller& caller) { caller.go_on(); });
      loop.run_once(milliseconds(1));
    }
  }

  SystemClock clock;
  runtime::EventLoop loop{clock};
  HistoryChecker checker;
  Surroundings around{.loop = loop, .checker = checker};
  PacedUpstream upstream;
  std::list<Caller> callers;
  int answered = 0;
  ServerLife server;
};

}  // namespace

TEST_CASE("nothing that anybody saw is lost or changed by ten crashes with a hundred streams at work") {
  TempDir dir;
  CrashOptions options{.store = store_in(dir)};
  options.life_ms_max = 1200;  // short, so that ten fit into a test run; scripts/crash takes the whole range
  INFO(parameters_text(options));
  const CrashReport report = run_crashes(options);
  INFO(report.text());
  CHECK(report.good());
  CHECK(report.counts.streams > 100);
  CHECK(report.counts.calls_again > 0);  // otherwise no crash came between a call and its end
  CHECK(report.resumes > 100);
}

TEST_CASE("the crash test itself finds nothing when nothing crashes") {
  CrashOptions options{.store = "memory", .cycles = 1, .streams = 30, .life_ms_max = 500, .kill = false};
  const CrashReport report = run_crashes(options);
  INFO(report.text());
  CHECK(report.good());
  CHECK(report.counts.streams >= 30);
}

TEST_CASE("the crash test finds a store that forgets") {
  CrashOptions options{.store = "memory", .cycles = 1, .streams = 10, .life_ms_min = 300, .life_ms_max = 500};
  options.quiet_ms_max = 1000;
  CHECK_FALSE(run_crashes(options).good());
}

TEST_CASE("a hundred POSTs with one key, said again through a crash, make one task and get one answer") {
  // The kill comes before the first answer, behind it, and between the others.
  for (int answers_before : {0, 1, 30, 90}) {
    CAPTURE(answers_before);
    TempDir dir;
    Crowd crowd(store_in(dir), 100);
    crowd.begin_life();
    crowd.turn_until([&] { return crowd.answered >= answers_before; });
    crowd.be_killed();
    crowd.begin_life();
    crowd.turn_until([&] { return std::all_of(crowd.callers.begin(), crowd.callers.end(), is_done); });
    crowd.checker.finish();
    for (const std::string& finding : crowd.checker.findings()) FAIL_CHECK(finding);
    CHECK(crowd.checker.counts().streams == 1);
    CHECK_FALSE(crowd.callers.front().answer().empty());
    for (const Caller& caller : crowd.callers) CHECK(caller.answer() == crowd.callers.front().answer());
    CHECK(crowd.server.stop(seconds(30)) == 0);
  }
}

}  // namespace plenum::tests
