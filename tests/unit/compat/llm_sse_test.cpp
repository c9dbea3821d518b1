#include <doctest/doctest.h>

#include "tests/unit/compat/run_script.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

RunScript two_workers() {
  RunScript run({"bench/a", "bench/b"}, "duo");
  run.answer("creative:bench/a", "A.")
      .answer("precise:bench/b", "B.")
      .start("combined:bench/c", "merge", "combination");
  return run;
}

}  // namespace

TEST_CASE("the combination of llm-sse is announced again when its text so far is void") {
  RunScript run = two_workers();
  run.text("combined:bench/c", "Hal").reset("combined:bench/c", "transport").text("combined:bench/c", "Whole.");
  run.done("combined:bench/c").complete("Whole.", "Whole.");
  const ClientView seen = seen_in("process", run);
  CHECK(seen.fault == "");
  CHECK(seen.texts.at("answer") == "Whole.");
}

TEST_CASE("after a combination that broke off, llm-sse's client gets the answer that replaces it") {
  RunScript run = two_workers();
  run.text("combined:bench/c", "Hal").fail("combined:bench/c", "truncated", "it ended early").complete("A.");
  const ClientView seen = seen_in("process", run);
  CHECK(seen.fault == "");
  CHECK(seen.texts.at("answer") == "A.");
}

TEST_CASE("a cancelled run is an error with the ids of the message in llm-sse's format") {
  RunScript run = two_workers();
  const ClientView seen = seen_in("process", run.cancel());
  CHECK(seen.fault == "");
  CHECK(seen.errors == std::vector<std::string>{"cancelled by caller"});
}
