#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/compat/run_script.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

constexpr std::string_view versions[] = {"council", "council-2026"};

ChunkCompleted priced(double usd) {
  ChunkCompleted done;
  done.cost = {usd, CostOrigin::reported};
  done.usage.total_tokens = 10;
  return done;
}

RunScript whole_council() {
  RunScript run;
  run.start("answer:bench/a").start("answer:bench/b").text("answer:bench/a", "A.").text("answer:bench/b", "B.");
  run.done("answer:bench/a").done("answer:bench/b");
  ChunkCompleted ranked;
  ranked.output = "FINAL RANKING:\n1. Response A\n2. Response B";
  ranked.parsed_ranking = {"bench/a", "bench/b"};
  ranked.label_order = {"bench/a", "bench/b"};
  run.start("ranking:bench/a", "rank", "rankings")
      .text("ranking:bench/a", ranked.output)
      .done("ranking:bench/a", ranked);
  return run.answer("synthesis:bench/a", "All.", "merge", "synthesis").complete("All.", "All.");
}

std::vector<nlohmann::json> of_type(std::string_view format, const RunScript& run, std::string_view type) {
  std::vector<nlohmann::json> found;
  for (const ClientFrame& frame : parsed(translated(format, run.events()))) {
    if (frame.data["type"] == type) found.push_back(frame.data);
  }
  return found;
}

}  // namespace

TEST_CASE("each version of LLM Council's client gets its own words only") {
  const RunScript run = whole_council();
  const std::vector<std::string> stages = {"stage1_start",          "stage1_token",    "stage1_token",
                                           "stage1_model_response", "stage1_progress", "stage1_model_response",
                                           "stage1_progress",       "stage1_complete", "stage2_start",
                                           "stage2_complete",       "stage3_start",    "stage3_complete",
                                           "title_complete",        "complete"};
  CHECK(types_in("council", run) == stages);
  const std::vector<std::string> rounds = {"round_start",    "model_token",    "model_token",     "model_response",
                                           "round_progress", "model_response", "round_progress",  "round_complete",
                                           "round_start",    "round_complete", "synthesis_start", "synthesis_complete",
                                           "title_complete", "complete"};
  CHECK(types_in("council-2026", run) == rounds);
}

TEST_CASE("tokens of rankings and of the synthesis are not sent to LLM Council's client") {
  for (const std::string_view version : versions) {
    const RunScript run = whole_council();
    std::string all;
    for (const char* type : {"stage1_token", "model_token"}) {
      for (const auto& frame : of_type(version, run, type)) all += frame["data"]["token"].get<std::string>();
    }
    CHECK(all == "A.B.");
  }
}

TEST_CASE("metrics with an unknown cost or token count are not sent: the page would throw at null") {
  for (const std::string_view version : versions) {
    CHECK(of_type(version, whole_council(), "metrics_complete").empty());
    RunScript known;
    known.start("answer:bench/a").text("answer:bench/a", "A.").done("answer:bench/a", priced(0.25));
    known.result().cost = {0.25, CostOrigin::reported};
    known.result().usage.total_tokens = 10;
    known.complete("A.");
    const auto metrics = of_type(version, known, "metrics_complete");
    REQUIRE(metrics.size() == 1);
    CHECK(metrics[0]["data"]["total_cost"] == 0.25);
    const char* stage = version == "council" ? "stage1" : "responses";
    CHECK(metrics[0]["data"]["by_stage"][stage]["models"][0]["cost"] == 0.25);
    CHECK(seen_in(version, known).fault == "");
  }
}

TEST_CASE("every error class has a category that LLM Council's page displays") {
  const std::pair<const char*, const char*> categories[] = {
      {"authentication", "auth"},    {"billing", "billing"},           {"rate_limit", "rate_limit"},
      {"overloaded", "transient"},   {"transport", "transient"},       {"server", "transient"},
      {"timeout", "timeout"},        {"deadline_exceeded", "timeout"}, {"invalid_request", "unknown"},
      {"content_filter", "unknown"}, {"truncated", "unknown"},         {"malformed", "unknown"},
      {"new_class", "unknown"}};
  for (const std::string_view version : versions) {
    for (const auto& [code, category] : categories) {
      RunScript run;
      run.start("answer:bench/a").fail("answer:bench/a", code, "why").answer("answer:bench/b", "B.").complete("B.");
      const ClientView seen = seen_in(version, run);
      CHECK(seen.fault == "");
      CHECK(seen.errors == std::vector<std::string>{std::string(category) + ": bench/a"});
    }
  }
}

TEST_CASE("a skipped member is reported with its reason, each failure once") {
  for (const std::string_view version : versions) {
    RunScript run;
    ChunkCompleted skipped;
    skipped.status = ChunkStatus::skipped;
    run.result().skipped = {{"bench/c", "no key: set C_KEY"}};
    run.start("answer:bench/a").done("answer:bench/a", skipped).answer("answer:bench/b", "B.");
    run.start("ranking:bench/b", "rank", "rankings").fail("ranking:bench/b", "timeout", "no bytes").complete("B.");
    const ClientView seen = seen_in(version, run);
    CHECK(seen.fault == "");
    CHECK(seen.errors == std::vector<std::string>{"unknown: bench/a", "unknown: bench/c", "timeout: bench/b"});
  }
}

TEST_CASE("a failed chairman is the client's own `Error:` text, and no member's answer takes its place") {
  for (const std::string_view version : versions) {
    RunScript run;
    run.answer("answer:bench/a", "A.").start("synthesis:bench/c", "merge", "synthesis");
    run.fail("synthesis:bench/c", "billing", "no credit").complete("A.");
    const ClientView seen = seen_in(version, run);
    CHECK(seen.fault == "");
    CHECK(seen.texts.at("synthesis") == "Error: no credit");
  }
}

TEST_CASE("the answer of one member is never shown as that of the council, a computed one is") {
  for (const std::string_view version : versions) {
    RunScript single({"bench/a"}, "single");
    single.answer("answer:bench/a", "A.", "generate", "answer").complete("A.");
    CHECK(seen_in(version, single).fault == "");
    CHECK(seen_in(version, single).texts.count("synthesis") == 0);
    RunScript vote({"bench/a"}, "vote");
    vote.answer("vote:bench/a", "B", "vote", "votes").complete("B wins with 1 of 1 votes.");
    CHECK(seen_in(version, vote).texts.at("synthesis") == "B wins with 1 of 1 votes.");
  }
}

TEST_CASE("after a run that ends early no stage is loading, and the answers so far are shown") {
  for (const std::string_view version : versions) {
    RunScript run;
    run.answer("answer:bench/a", "A.").start("answer:bench/b").cancel();
    const ClientView seen = seen_in(version, run);
    CHECK(seen.fault == "");
    CHECK(seen.end == "error");
    CHECK(seen.texts.at("bench/a") == "A.");
    RunScript late;
    late.answer("answer:bench/a", "A.")
        .start("synthesis:bench/a", "merge", "synthesis")
        .error("stream_limit", "too long");
    CHECK(seen_in(version, late).fault == "");
    CHECK(seen_in(version, late).texts.at("synthesis") == "Error: too long");
  }
}

TEST_CASE("a member with several texts has one tab for each in LLM Council's page") {
  for (const std::string_view version : versions) {
    RunScript run({"bench/a", "bench/b"}, "debate");
    run.answer("opening:bench/a", "One.", "generate", "round 1")
        .answer("reply-1:bench/a", "Two.", "generate", "debate");
    run.complete("x");
    const ClientView seen = seen_in(version, run);
    CHECK(seen.fault == "");
    CHECK(seen.texts.at("bench/a") == "One.");
    CHECK(seen.texts.at("bench/a (debate)") == "Two.");
  }
}

TEST_CASE("the title is the first line of the task, at most 50 characters") {
  RunScript run;
  run.complete("x");
  auto events = run.events();
  std::get<TaskStarted>(events[0].payload).task = std::string(60, 'x') + "\nsecond line";
  const auto frames = parsed(translated("council", events));
  const std::string title = frames[frames.size() - 2].data["data"]["title"];
  CHECK(title == std::string(49, 'x') + "…");
}
