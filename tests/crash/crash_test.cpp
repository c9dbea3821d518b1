#include <doctest/doctest.h>

#include "tests/crash/crash_run.h"
#include "tests/crash/stage.h"

namespace plenum::tests {

namespace {

std::string store_in(const TempDir& dir) { return sqlite_store(dir.path().string()); }

}  // namespace

TEST_CASE("nothing that anybody saw is lost or changed by ten crashes with a hundred streams at work") {
  TempDir dir;
  CrashOptions options{.store = store_in(dir)};
  options.words_max = 40;
  options.life_ms_max = 800;  // short, so that ten fit into a test run; scripts/crash takes the whole range
  INFO(parameters_text(options));
  const CrashReport report = run_crashes(options);
  INFO(report.text());
  CHECK(report.good());
  CHECK(report.counts.streams > 100);
  CHECK(report.counts.calls_again > 0);  // otherwise no crash came between a call and its end
  CHECK(report.resumes > 100);
}

TEST_CASE("with on_restart = interrupt, tasks that a crash interrupts end as interrupted for every reader") {
  TempDir dir;
  CrashOptions options{.store = store_in(dir), .cycles = 4, .streams = 40, .life_ms_max = 500};
  options.settings = {{"on_restart", "\"interrupt\""}};
  const CrashReport report = run_crashes(options);
  INFO(report.text());
  CHECK(report.good());
  CHECK(report.counts.ended_otherwise >= 40);
  CHECK(report.counts.calls_again == 0);
}

TEST_CASE("the crash test itself finds nothing when nothing crashes") {
  CrashOptions options{
      .store = "memory", .cycles = 1, .streams = 30, .life_ms_max = 500, .words_max = 30, .kill = false};
  const CrashReport report = run_crashes(options);
  INFO(report.text());
  CHECK(report.good());
  CHECK(report.counts.streams >= 30);
}

TEST_CASE("the crash test finds a store that forgets") {
  CrashOptions options{
      .store = "memory", .cycles = 1, .streams = 10, .life_ms_min = 300, .life_ms_max = 500, .words_max = 30};
  options.quiet_ms_max = 1000;
  CHECK_FALSE(run_crashes(options).good());
}

TEST_CASE("a hundred POSTs with one key, repeated through a crash, create one task and return one response") {
  // The kill comes before the first answer, behind it, and between the others.
  for (int answers_before : {0, 1, 30, 90}) {
    CAPTURE(answers_before);
    TempDir dir;
    Stage stage({.store = store_in(dir)},
                [](const std::string&, const std::string&) { return CallPlan{.words = 10, .pace = milliseconds(10)}; });
    int answered = 0;
    stage.around.on_accepted = [&](const std::string&, const std::string&) { ++answered; };
    for (int i = 0; i < 100; ++i) {
      std::vector<std::uint64_t> readers;
      if (i == 0) readers.push_back(0);
      stage.callers.emplace_back(
          stage.around, Caller::Plan{.key = "one-key", .body = keyed_body("one-key", "single", 1), .readers = readers});
    }
    stage.begin_life();
    stage.turn();
    CHECK(stage.turn_until([&] { return answered >= answers_before; }, seconds(20)));
    stage.be_killed();
    stage.begin_life();
    CHECK(stage.turn_until([&] { return stage.all_done(); }, seconds(20)));
    stage.checker.finish();
    stage.stop();
    for (const std::string& finding : stage.checker.findings()) FAIL_CHECK(finding);
    CHECK(stage.checker.counts().streams == 1);
    CHECK_FALSE(stage.callers.front().answer().empty());
    for (const Caller& caller : stage.callers) CHECK(caller.answer() == stage.callers.front().answer());
  }
}

}  // namespace plenum::tests
