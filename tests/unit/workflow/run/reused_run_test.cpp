// A new stream that reuses the finished chunks of an earlier one.
#include <set>

#include "tests/unit/workflow/run/resume_checks.h"

namespace plenum::tests {

namespace {

using workflow::RecordedRun;
using workflow::Resume;
using workflow::RetryFrom;

workflow::Assignment assignment_of(const char* name, std::size_t members, const Play& play = {}) {
  auto assignment = assign_members(workflow::Catalog::built_in()->find(name), members);
  assignment.fallbacks = play.fallbacks;
  return assignment;
}

// The stream that is made by a retry, played to its end.
Played retried(const Play& play, const RecordedRun& past, RetryFrom from, unsigned seed = 9) {
  auto taken = reused_run(past, assignment_of(play.workflow.c_str(), play.members, play), from);
  REQUIRE(taken);
  Player player(play, seed);
  return player.play(Resume{std::move(*taken), Resume::Mode::reuse, milliseconds(0)});
}

std::set<std::string> called_chunks(const Played& played) {
  std::set<std::string> cached, called;
  for (const Event& event : played.events) {
    if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
      (completed->cached ? cached : called).insert(event.source->chunk);
      if (!completed->cached) continue;
      CHECK(completed->cost == Cost{0.0, CostOrigin::reported});
      CHECK(completed->usage == Usage{});
      CHECK(event.source->attempt == 1);
    }
  }
  CHECK(played.prompts.size() >= called.size());
  return called;
}

using Names = std::set<std::string>;

RecordedRun whole_past(const Played& played) { return recorded_in(played.events, played.events.size()); }

Script failing(const char* provider, const char* part) {
  return [provider = std::string(provider), part = std::string(part)](const std::string& called,
                                                                      const std::string& prompt) {
    Reply reply = usual_reply(called, prompt);
    if (called == provider && holds(prompt, part)) reply.fails = ErrorCode::server;
    return reply;
  };
}

std::string fault_of(const RecordedRun& past, const char* workflow, std::size_t members, RetryFrom from) {
  const auto taken = reused_run(past, assignment_of(workflow, members), from);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::validation_failed);
  return taken.error().message;
}

}  // namespace

TEST_CASE("a retry from the synthesis reuses answers and rankings unchanged, and calls the chairman alone") {
  const Play play{"council"};
  const Played before = Player(play, 1).play();
  const Played after = retried(play, whole_past(before), RetryFrom::synthesis);
  check_log(after.events);
  CHECK(called_chunks(after) == Names{"synthesis:a/m1"});
  CHECK(after.prompts.size() == 1);
  const TaskResult &was = result_of(before.events.back()), &is = result_of(after.events.back());
  CHECK(is.answer == was.answer);
  CHECK(is.rankings_json == was.rankings_json);  // the labels keep their meaning
  CHECK_FALSE(was.comparisons_json.empty());
  CHECK(is.comparisons_json.empty());  // the earlier task has them
  CHECK(is.receipts.size() == 1);
  CHECK(is.cost == Cost{0.25, CostOrigin::reported});
  CHECK_FALSE(is.degraded);
  const auto message = std::find_if(after.events.begin(), after.events.end(), [](const Event& event) {
    const auto* notice = std::get_if<SystemMessage>(&event.payload);
    return notice != nullptr && notice->code == "resumed";
  });
  REQUIRE(message != after.events.end());
  CHECK(std::get<SystemMessage>(message->payload).fields_json == R"("reused":6,"restarted":0)");
}

TEST_CASE("a retry from the rankings repeats them and the steps after them") {
  const Play play{"council"};
  const Played before = Player(play, 1).play();
  const Played after = retried(play, whole_past(before), RetryFrom::rankings);
  check_log(after.events);
  CHECK(called_chunks(after) == Names{"ranking:a/m1", "ranking:b/m2", "ranking:c/m3", "synthesis:a/m1"});
  CHECK(result_of(after.events.back()).answers.size() == 7);
}

TEST_CASE("a retry from all, and one of votes alone, takes nothing over") {
  const Play council{"council"}, vote{"vote"};
  const Played all = retried(council, whole_past(Player(council, 1).play()), RetryFrom::all);
  check_log(all.events);
  CHECK(all.prompts.size() == 8);  // one ranking is repaired
  CHECK(retried(vote, whole_past(Player(vote, 1).play()), RetryFrom::rankings).prompts.size() == 3);
}

TEST_CASE("for any cut of a stream, its retry repeats only unfinished chunks and has the same outcome") {
  for (const std::string workflow : {"synthesize", "council", "debate", "adversarial", "duo"}) {
    for (const std::string failing_member : {"", "b"}) {
      CAPTURE(workflow);
      CAPTURE(failing_member);
      Play play{workflow};
      if (!failing_member.empty()) play.script = failing(failing_member.c_str(), "");
      const Played whole = Player(play, 1).play();
      for (std::size_t cut = 0; cut <= whole.events.size(); ++cut) {
        CAPTURE(cut);
        const RecordedRun past = recorded_in(whole.events, cut);
        const Played after = retried(play, past, RetryFrom::synthesis);
        check_log(after.events);
        const Names called = called_chunks(after);
        for (const auto& [name, chunk] : past.chunks) {
          const bool ok = chunk.completed && chunk.completed->status == ChunkStatus::ok;
          const bool merges = holds(name, "synthesis") || holds(name, "verdict") || holds(name, "combined");
          CAPTURE(name);
          if (ok) CHECK(called.count(name) == (merges ? 1 : 0));
        }
        CHECK(result_of(after.events.back()).answer == result_of(whole.events.back()).answer);
        CHECK(result_of(after.events.back()).degraded == result_of(whole.events.back()).degraded);
      }
    }
  }
}

TEST_CASE("a failure goes with what was made without it, and is tried again where nothing was") {
  Play play{"council"};
  play.script = failing("b", "Say hello");
  const RecordedRun past = whole_past(Player(play, 1).play());
  play.script = {};
  const Played after = retried(play, past, RetryFrom::synthesis);
  check_log(after.events);
  CHECK(called_chunks(after) == Names{"synthesis:a/m1"});
  CHECK(result_of(after.events.back()).degraded);
  const Played from_rankings = retried(play, past, RetryFrom::rankings);
  check_log(from_rankings.events);
  CHECK(called_chunks(from_rankings) ==
        Names{"answer:b/m2", "ranking:a/m1", "ranking:b/m2", "ranking:c/m3", "synthesis:a/m1"});
  CHECK_FALSE(result_of(from_rankings.events.back()).degraded);
}

TEST_CASE("a retry calls the models again although the cache has an answer") {
  const Play play{"raw"};
  const Played before = Player(play, 1).play();
  Player player(play, 2);
  player.fixture.replay = {before.events.back()};
  const Played after = player.play(Resume{RecordedRun{}, Resume::Mode::reuse, milliseconds(0)});
  check_log(after.events);
  CHECK(after.prompts.size() == 3);
}

TEST_CASE("an answer of a fallback is reused as such") {
  Play play{"synthesize"};
  play.fallbacks = {{{"x/m8", "x", "m8"}}, {}, {}};
  play.script = failing("a", "Say hello");
  const Played before = Player(play, 1).play();
  const Played after = retried(play, whole_past(before), RetryFrom::synthesis);
  check_log(after.events);
  CHECK(called_chunks(after) == Names{"synthesis:a/m1"});
  CHECK(result_of(after.events.back()).reasons == result_of(before.events.back()).reasons);
  CHECK(result_of(after.events.back()).answers.at(0).member == "x/m8");
}

TEST_CASE("a retry of steps that a workflow has not, or for other members, is refused") {
  const RecordedRun raw = whole_past(Player(Play{"raw"}, 1).play());
  CHECK(fault_of(raw, "raw", 3, RetryFrom::synthesis) == "workflow \"raw\" has no synthesis to retry");
  CHECK(fault_of(raw, "raw", 3, RetryFrom::rankings) == "workflow \"raw\" has no rankings or votes to retry");
  const RecordedRun council = whole_past(Player(Play{"council"}, 1).play());
  CHECK(holds(fault_of(council, "council", 2, RetryFrom::synthesis), "\"answer:c/m3\" is no step of this task"));
  CHECK(reused_run(council, assignment_of("council", 2), RetryFrom::all));
}

TEST_CASE("what a task is retried from has four names") {
  CHECK(workflow::retry_from_named("synthesis") == RetryFrom::synthesis);
  CHECK(workflow::retry_from_named("rankings") == RetryFrom::rankings);
  CHECK(workflow::retry_from_named("rounds") == RetryFrom::rounds);
  CHECK(workflow::retry_from_named("all") == RetryFrom::all);
  CHECK_FALSE(workflow::retry_from_named("votes"));
}

}  // namespace plenum::tests
