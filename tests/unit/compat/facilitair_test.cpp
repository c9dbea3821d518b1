#include <doctest/doctest.h>

#include "tests/unit/compat/run_script.h"

using namespace plenum;
using namespace plenum::tests;

TEST_CASE("Facilitair's client gets result and error as texts, and the plan once") {
  RunScript run({"bench/a"}, "single");
  run.answer("answer:bench/a", "Postgres.", "generate", "answer").complete("Postgres.");
  const auto frames = parsed(translated("facilitair", run.events()));
  CHECK(client_of("facilitair", frames).fault == "");
  CHECK(frames.back().data["result"] == "Postgres.");
  CHECK(frames.back().data["metrics"]["duration_s"].is_number());
  CHECK_FALSE(frames.back().data["metrics"].contains("cost_usd"));  // unknown
  RunScript failed({"bench/a"}, "single");
  failed.start("answer:bench/a").fail("answer:bench/a", "authentication", "bad key").error("authentication", "bad key");
  const ClientView seen = seen_in("facilitair", failed);
  CHECK(seen.fault == "");
  CHECK(seen.errors == std::vector<std::string>{"bad key"});
}

TEST_CASE("a cancelled run ends as an error in Facilitair's format, which has no other end") {
  RunScript run;
  run.start("answer:bench/a").text("answer:bench/a", "Hal").cancel();
  const ClientView seen = seen_in("facilitair", run);
  CHECK(seen.fault == "");
  CHECK(seen.end == "task_error");
  CHECK(seen.texts.at("Member 1") == "Hal");
}

TEST_CASE("members that answer in parallel follow one another in Facilitair's format") {
  RunScript run;
  run.start("answer:bench/a").start("answer:bench/b").text("answer:bench/b", "B1 ").text("answer:bench/a", "A1 ");
  run.text("answer:bench/b", "B2").done("answer:bench/b").text("answer:bench/a", "A2").done("answer:bench/a");
  run.answer("synthesis:bench/a", "All.", "merge", "synthesis").complete("All.", "All.");
  const ClientView seen = seen_in("facilitair", run);
  CHECK(seen.fault == "");
  CHECK(seen.texts.at("Member 1") == "A1 A2");
  CHECK(seen.texts.at("Member 2") == "B1 B2");
  CHECK(seen.texts.at("Chairman 3") == "All.");
}

TEST_CASE("the text of the first member is not delayed by those after it in Facilitair's format") {
  RunScript run;
  run.start("answer:bench/a").start("answer:bench/b").text("answer:bench/a", "A1");
  CHECK(types_in("facilitair", run).back() == "token_stream");
  run.text("answer:bench/b", "B1");
  CHECK(types_in("facilitair", run).size() == 4);  // task_started, task_progress, chunk_started, token_stream
}

TEST_CASE("an abandoned attempt is announced before its text begins again in Facilitair's format") {
  RunScript run;
  run.start("answer:bench/a").start("answer:bench/b").text("answer:bench/a", "Hal").text("answer:bench/b", "void");
  run.reset("answer:bench/a", "transport").reset("answer:bench/b", "transport");
  run.text("answer:bench/a", "A.")
      .text("answer:bench/b", "B.")
      .done("answer:bench/a")
      .done("answer:bench/b")
      .complete("A.");
  const auto frames = parsed(translated("facilitair", run.events()));
  const ClientView seen = client_of("facilitair", frames);
  CHECK(seen.fault == "");
  CHECK(seen.texts.at("Member 2") == "B.");  // its void text was never sent
  const auto notices =
      std::count_if(frames.begin(), frames.end(), [](const auto& f) { return f.name == "system_message"; });
  CHECK(notices == 1);
}

TEST_CASE("the held text of a member is sent in parts of at most 32 KiB that split no character") {
  RunScript run;
  std::string text;
  while (text.size() < 100'000) text += "é";
  run.start("answer:bench/a").start("answer:bench/b").text("answer:bench/b", text).done("answer:bench/b");
  run.done("answer:bench/a").complete("x");
  const auto frames = translated("facilitair", run.events());
  for (const auto& frame : frames) CHECK(frame.data.size() < 33 * 1024);
  CHECK(client_of("facilitair", parsed(frames)).texts.at("Member 2") == text);
}

TEST_CASE("notices of the run are messages in Facilitair's format") {
  RunScript run;
  run.say("queued", "bench is busy").answer("answer:bench/a", "A.").complete("A.");
  const auto types = types_in("facilitair", run);
  CHECK(std::count(types.begin(), types.end(), "system_message") == 1);
}
