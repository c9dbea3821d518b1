// The rounds in the result: what ran in each, how far it moved, and why no further one followed. And further rounds.
#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "common/json/json_access.h"
#include "tests/unit/workflow/run/resume_checks.h"

namespace plenum::tests {

namespace {

using workflow::RecordedRun;
using workflow::Resume;
using workflow::RetryFrom;

std::shared_ptr<const workflow::Workflow> named_workflow(std::string_view name) {
  return workflow::Catalog::built_in()->find(std::string(name));
}

Json rounds_of(const TaskResult& result) {
  const auto rounds = parse_json(result.rounds_json);
  return rounds ? *rounds : Json();
}
Json rounds_of(const WritingSink& sink) { return rounds_of(sink.last<TaskCompleted>().result); }

struct Debate : RunFixture {
  void begin_debate(int rounds, std::size_t members = 2) { begin(named_workflow("debate"), a_task(), members, rounds); }
  void open(const char* a = "the first answer of a", const char* b = "the first answer of b") {
    answer("opening:a/m1", a);
    answer("opening:b/m2", b);
  }
};

// A finished stream with further rounds, as the retry of a task prepares it.
Resume extended(const Played& before, workflow::Assignment& assignment, int more) {
  const RecordedRun past = recorded_in(before.events, before.events.size());
  const auto done = rounds_done(past, assignment);
  REQUIRE(done);
  assignment.options.rounds = *done + more;
  assignment.options.rounds_min = *done + 1;
  auto taken = reused_run(past, assignment, RetryFrom::rounds);
  REQUIRE(taken);
  return {*std::move(taken), Resume::Mode::reuse, milliseconds(0)};
}

}  // namespace

TEST_CASE_FIXTURE(Debate, "the result names the chunks of each round and how similar they are to those before") {
  begin_debate(1);
  open();
  answer("reply-1:a/m1", "the first answer of a");
  answer("reply-1:b/m2", "something else altogether here");
  answer("synthesis:a/m1", "end");
  const Json rounds = rounds_of(sink);
  REQUIRE(rounds.size() == 2);
  CHECK(rounds[0]["round"] == 0);
  CHECK(rounds[0]["chunks"][1] == Json{{"chunk", "opening:b/m2"}, {"member", "b/m2"}, {"status", "ok"}});
  CHECK_FALSE(rounds[0].contains("similarity"));
  CHECK_FALSE(rounds[0].contains("ended"));
  CHECK(rounds[1]["chunks"][0]["chunk"] == "reply-1:a/m1");
  CHECK(rounds[1]["similarity"] == 0.5);
  CHECK(rounds[1]["ended"] == "rounds_done");
}

TEST_CASE_FIXTURE(Debate, "a debate that converges ends so, with its score") {
  converge = 0.9;
  begin_debate(5);
  open();
  answer("reply-1:a/m1", "the first answer of a");
  answer("reply-1:b/m2", "the first answer of b");
  answer("synthesis:a/m1", "end");
  const Json rounds = rounds_of(sink);
  REQUIRE(rounds.size() == 2);
  CHECK(rounds[1]["ended"] == "converged");
  CHECK(rounds[1]["similarity"] == 1.0);
}

TEST_CASE_FIXTURE(Debate, "a debate without enough members for another round ends so, and the failed one is named") {
  begin_debate(3);
  open();
  answer("reply-1:a/m1", "a1");
  fail("reply-1:b/m2");
  const Json rounds = rounds_of(sink);
  REQUIRE(rounds.size() == 2);
  CHECK(rounds[1]["ended"] == "no_members_left");
  CHECK(rounds[1]["chunks"][1]["status"] == "error");
}

TEST_CASE_FIXTURE(Debate,
                  "without rounds the result has the openings, and a cancelled debate has no end of its rounds") {
  begin_debate(0);
  open();
  answer("synthesis:a/m1", "end");
  CHECK(rounds_of(sink).size() == 1);
  CHECK(rounds_of(sink)[0]["ended"] == "rounds_done");
  begin_debate(2);
  sink.events.clear();
  run->cancel("client", "");
  CHECK_FALSE(rounds_of(sink.last<TaskCancelled>().result)[0].contains("ended"));
}

TEST_CASE("rounds of reviews end because they are not needed, because they are done, or because one failed") {
  const auto ended = [](int rounds, int issues, bool fails) {
    Play play{"consensus"};
    play.rounds = rounds;
    play.script = [=](const std::string& provider, const std::string& prompt) mutable {
      Reply reply = usual_reply(provider, prompt);
      const bool reviews = holds(prompt, "What to check");
      const int reviewed = holds(prompt, "The earlier review") ? 2 : 1;
      if (reviews) reply.text = fmt::format(R"({{"issues_found": {}}})", reviewed <= issues);
      if (fails && holds(prompt, "found issues")) reply.fails = ErrorCode::server;
      return reply;
    };
    const Json list = rounds_of(result_of(Player(play, 1).play().events.back()));
    return fmt::format("{} {}", list.size() - 1, text_at(list.back(), "ended"));
  };
  CHECK(ended(3, 0, false) == "0 not_needed");
  CHECK(ended(3, 1, false) == "1 not_needed");
  CHECK(ended(1, 2, false) == "1 rounds_done");
  CHECK(ended(0, 1, false) == "0 rounds_done");
}

TEST_CASE("rounds of a resumed run are those of the uninterrupted one") {
  for (const char* workflow : {"debate", "arena", "consensus"}) {
    const Play play{workflow};
    const Played whole = Player(play, 1).play();
    const std::string wanted = result_of(whole.events.back()).rounds_json;
    REQUIRE_FALSE(wanted.empty());
    for (std::size_t cut = 0; cut + 1 < whole.events.size(); ++cut) {
      const Played rest = Player(play, 5).play(continuation(whole.events, cut));
      CHECK(result_of(rest.events.back()).rounds_json == wanted);
    }
  }
}

TEST_CASE("further rounds of an arena reuse all statements at no cost, and judge again") {
  Play play{"arena"};
  play.rounds = 1;
  const Played before = Player(play, 1).play();
  auto assignment = assign_members(named_workflow("arena"), 3);
  Resume resume = extended(before, assignment, 2);
  play.rounds = 3;
  play.rounds_min = 2;
  const Played after = Player(play, 9).play(std::move(resume));
  check_log(after.events);
  std::set<std::string> called;
  for (const Event& event : after.events) {
    const auto* completed = std::get_if<ChunkCompleted>(&event.payload);
    if (completed != nullptr && !completed->cached) called.insert(event.source->chunk);
  }
  CHECK(called == std::set<std::string>{"deliberation-2:a/m1", "deliberation-2:b/m2", "deliberation-2:c/m3",
                                        "deliberation-3:a/m1", "deliberation-3:b/m2", "deliberation-3:c/m3",
                                        "judgment:a/m1"});
  CHECK(after.prompts.size() == 7);
  const TaskResult& result = result_of(after.events.back());
  CHECK(result.receipts.size() == 7);
  CHECK(rounds_of(result).size() == 4);
  CHECK_FALSE(result.degraded);
  // And the extended stream continues after a restart.
  for (std::size_t cut = 0; cut < after.events.size(); cut += 3) {
    const Played rest = Player(play, 11).play(continuation(after.events, cut));
    const std::vector<Event> log = joined(after.events, cut, rest.events);
    CHECK(faults_of(log) == "");
    CHECK(rounds_of(result_of(log.back())).size() == 4);
  }
}

TEST_CASE("a debate that had converged has its further round, and may converge again") {
  Play play{"debate"};
  play.rounds = 5;
  play.converge = 0.9;
  play.script = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (!holds(prompt, "You conclude")) reply.text = "the one and only answer of " + provider;
    return reply;
  };
  const Played before = Player(play, 1).play();
  CHECK(rounds_of(result_of(before.events.back())).back()["ended"] == "converged");
  auto assignment = assign_members(named_workflow("debate"), 3);
  Resume resume = extended(before, assignment, 3);
  play.rounds = 4;
  play.rounds_min = 2;
  const Json rounds = rounds_of(result_of(Player(play, 2).play(std::move(resume)).events.back()));
  REQUIRE(rounds.size() == 3);
  CHECK(rounds[1].contains("ended") == false);
  CHECK(rounds[2]["ended"] == "converged");
}

TEST_CASE("only rounds of all members can be extended") {
  const auto fault = [](const char* name) {
    const auto done = rounds_done(RecordedRun{}, assign_members(named_workflow(name), 3));
    return done ? std::string() : done.error().message;
  };
  CHECK(fault("arena") == "");
  CHECK(fault("debate") == "");
  CHECK(fault("consensus") == "workflow \"consensus\" has no rounds that can be extended");
  CHECK(fault("council") == "workflow \"council\" has no rounds that can be extended");
}

}  // namespace plenum::tests
