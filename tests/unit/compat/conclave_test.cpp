#include <doctest/doctest.h>

#include "tests/unit/compat/run_script.h"

using namespace plenum;
using namespace plenum::tests;

TEST_CASE("skipped members are a list of names, as conclave joins them") {
  RunScript run;
  run.result().skipped = {{"bench/c", "no key"}, {"bench/d", "no key"}};
  run.answer("answer:bench/a", "A.").complete("A.");
  const auto frames = parsed(translated("conclave", run.events()));
  CHECK(frames.back().data["result"]["skipped"] == nlohmann::json::parse(R"(["bench/c","bench/d"])"));
}

TEST_CASE("each text of a member with several steps has its own name in conclave's format") {
  RunScript run({"bench/a", "bench/b"}, "debate");
  run.answer("opening:bench/a", "One.", "generate", "round 1").answer("opening:bench/b", "Two.", "generate", "round 1");
  run.answer("reply-1:bench/a", "Three.", "generate", "debate")
      .answer("reply-2:bench/a", "Four.", "generate", "debate");
  run.answer("synthesis:bench/a", "All.", "merge", "synthesis").complete("All.", "All.");
  const ClientView seen = seen_in("conclave", run);
  CHECK(seen.fault == "");
  const std::map<std::string, std::string> texts = {{"bench/a", "One."},
                                                    {"bench/b", "Two."},
                                                    {"bench/a (debate)", "Three."},
                                                    {"bench/a (debate 2)", "Four."},
                                                    {"SYNTHESIS bench/a", "All."}};
  CHECK(seen.texts == texts);
}

TEST_CASE("an abandoned attempt ends as a failed answer, and the next one has another name in conclave's format") {
  RunScript run;
  run.start("answer:bench/a").text("answer:bench/a", "Hal").reset("answer:bench/a", "transport");
  run.text("answer:bench/a", "Whole.").done("answer:bench/a").complete("Whole.");
  const ClientView seen = seen_in("conclave", run);
  CHECK(seen.fault == "");
  CHECK(seen.errors == std::vector<std::string>{"transport"});
  CHECK(seen.texts.at("bench/a") == "Hal");
  CHECK(seen.texts.at("bench/a (answers)") == "Whole.");
}

TEST_CASE("a reset before any text is invisible in conclave's format") {
  RunScript run;
  run.start("answer:bench/a").reset("answer:bench/a", "rate_limit").text("answer:bench/a", "Whole.");
  run.done("answer:bench/a").complete("Whole.");
  const ClientView seen = seen_in("conclave", run);
  CHECK(seen.fault == "");
  CHECK(seen.errors.empty());
  CHECK(seen.texts == std::map<std::string, std::string>{{"bench/a", "Whole."}});
}

TEST_CASE("a cached answer without deltas is printed from one delta in conclave's format") {
  RunScript run;
  ChunkCompleted cached;
  cached.output = "From the cache.";
  run.start("answer:bench/a").done("answer:bench/a", cached).complete("From the cache.");
  const ClientView seen = seen_in("conclave", run);
  CHECK(seen.fault == "");
  CHECK(seen.texts.at("bench/a") == "From the cache.");
}

TEST_CASE("a failed or skipped member always has an error text in conclave's format") {
  RunScript run;
  ChunkCompleted skipped;
  skipped.status = ChunkStatus::skipped;
  run.start("answer:bench/a").done("answer:bench/a", skipped);
  run.start("answer:bench/b")
      .text("answer:bench/b", "par")
      .fail("answer:bench/b", "truncated", "the stream ended early");
  run.error("no_usable_answer", "no member answered");
  const ClientView seen = seen_in("conclave", run);
  CHECK(seen.fault == "");
  CHECK(seen.errors == std::vector<std::string>{"skipped", "the stream ended early"});
  const auto frames = parsed(translated("conclave", run.events()));
  CHECK(frames.back().data["result"]["synthesis_error"] == "no member answered");
}

TEST_CASE("the reason of a failed synthesis is in conclave's result") {
  RunScript run;
  run.answer("answer:bench/a", "A.").start("synthesis:bench/c", "merge", "synthesis");
  run.fail("synthesis:bench/c", "billing", "no credit").complete("A.");
  const auto frames = parsed(translated("conclave", run.events()));
  CHECK(client_of("conclave", frames).fault == "");
  CHECK(frames.back().data["result"]["synthesis"].is_null());
  CHECK(frames.back().data["result"]["synthesis_error"] == "no credit");
}

TEST_CASE("attempts of a synthesis by one member have different names, and the last one's deltas are its answer") {
  RunScript run;
  run.start("sum:bench/a", "merge").text("sum:bench/a", "x ").reset("sum:bench/a", "transport", "bench/b");
  run.text("sum:bench/a", "y ").reset("sum:bench/a", "transport", "bench/b");
  run.text("sum:bench/a", "z ").done("sum:bench/a").complete("z ");
  CHECK(seen_in("conclave", run).fault == "");
}
