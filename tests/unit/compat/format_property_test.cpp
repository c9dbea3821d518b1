// Any run, however its chunks overlap, fail, restart and end, satisfies the clients of every format.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/unit/compat/run_script.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

const std::vector<std::string> kinds = {"generate", "generate", "rank", "merge", "search", "query", "vote", "verdict"};

Cost any_cost() {
  if (*rc::gen::arbitrary<bool>()) return {};
  return {*rc::gen::inRange(0, 5) / 4.0, CostOrigin::reported};
}

ChunkCompleted any_end() {
  ChunkCompleted done;
  done.status = *rc::gen::element(ChunkStatus::ok, ChunkStatus::ok, ChunkStatus::error, ChunkStatus::timeout,
                                  ChunkStatus::cancelled, ChunkStatus::skipped);
  if (done.status == ChunkStatus::error) {
    done.error = error_of(*rc::gen::element<std::string>("billing", "truncated", "made_up"), "why");
  }
  done.cost = any_cost();
  if (*rc::gen::arbitrary<bool>()) done.usage.total_tokens = *rc::gen::inRange(0, 100);
  return done;
}

// A run of chunks that overlap arbitrarily: most in the order of kinds, as workflows have it.
RunScript any_run() {
  RunScript run({"bench/a", "bench/b"}, *rc::gen::element<std::string>("council", "debate", "consensus"));
  std::vector<std::string> open;
  const int steps = *rc::gen::inRange(0, 30);
  bool merged = false;
  for (int i = 0; i < steps; ++i) {
    const int action = *rc::gen::inRange(0, 5);
    if (action == 0 || open.empty()) {
      const std::string kind = *rc::gen::elementOf(kinds);
      if (kind == "merge" && std::exchange(merged, true)) continue;
      const std::string chunk =
          "step" + std::to_string(i) + ":" + *rc::gen::element<std::string>("bench/a", "bench/b", "other/c");
      run.start(chunk, kind, *rc::gen::element<std::string>("answers", "debate", ""));
      open.push_back(chunk);
      continue;
    }
    const auto at = *rc::gen::inRange<std::size_t>(0, open.size());
    if (action <= 2) run.text(open[at], *rc::gen::element<std::string>("x ", "é\n", "[/b]"));
    if (action == 3) run.reset(open[at], "transport", *rc::gen::element<std::string>("", "bench/b"));
    if (action != 4) continue;
    run.done(open[at], any_end());
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
  }
  run.result().cost = any_cost();
  run.result().skipped = {{"bench/z", "no key"}};
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return run.complete("The answer.");
    case 1:
      return run.error("no_usable_answer", "no member answered");
    default:
      return run.cancel();
  }
}

}  // namespace

TEST_CASE("every run satisfies the clients of every format") {
  CHECK(rc::check([] {
    const RunScript run = any_run();
    for (const std::string_view format : formats) {
      const ClientView seen = seen_in(format, run);
      if (!seen.fault.empty()) RC_FAIL(std::string(format) + ": " + seen.fault);
    }
  }));
}

TEST_CASE("every run is translated deterministically and resumably") {
  CHECK(rc::check([] {
    const RunScript run = any_run();
    const std::size_t cut = *rc::gen::inRange<std::size_t>(0, run.events().size() + 1);
    for (const std::string_view format : formats) {
      const auto whole = translated(format, run.events());
      RC_ASSERT(translated(format, run.events()) == whole);
      auto frames = translated(format, {run.events().begin(), run.events().begin() + static_cast<std::ptrdiff_t>(cut)});
      const auto rest = translated(format, run.events(), cut);
      frames.insert(frames.end(), rest.begin(), rest.end());
      RC_ASSERT(frames == whole);
    }
  }));
}
