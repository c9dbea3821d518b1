// How runs end that begin behind the log of an earlier one: by setting, or as it had begun to end.
#include "tests/unit/workflow/run/resume_checks.h"

namespace plenum::tests {

using workflow::RecordedRun;
using workflow::Resume;

TEST_CASE("by setting a stream ends interrupted, with every text that was there and its rankings") {
  const Play play = play_of("council");
  const Played whole = Player(play, 1).play();
  for (std::size_t cut = 0; cut + 1 < whole.events.size(); ++cut) {
    CAPTURE(cut);
    Resume resume = continuation(whole.events, cut);
    resume.mode = Resume::Mode::interrupt;
    const RecordedRun past = resume.recorded;
    const Played rest = Player(play, 2).play(std::move(resume));
    const auto log = joined(whole.events, cut, rest.events);
    check_log(log);
    CHECK(rest.prompts.empty());
    const TaskResult& result = result_of(log.back());
    if (log.back().type() == EventType::task_completed) {
      CHECK(cut >= whole.events.size() - 4);  // all chunks had ended
      continue;
    }
    const ErrorInfo& error = std::get<TaskError>(log.back().payload).error;
    CHECK(error.code == "interrupted");
    CHECK_FALSE(error.retryable);
    CHECK(result.degraded);
    CHECK(result.answers.size() == past.chunks.size());
    for (const MemberAnswer& answer : result.answers) {
      const auto& chunk = past.chunks.at(answer.chunk);
      CHECK(answer.text == (chunk.completed ? chunk.completed->output : chunk.text));
      CHECK((answer.status == ChunkStatus::ok) == chunk.completed.has_value());
    }
    const bool ranked = std::any_of(past.chunks.begin(), past.chunks.end(), [](const auto& chunk) {
      return holds(chunk.first, "ranking:") && chunk.second.completed;
    });
    CHECK(result.rankings_json.empty() != ranked);
  }
}

TEST_CASE("a log that breaks off while its task is being ended gets the end that had begun") {
  struct Ending {
    std::string what;
    std::function<void(Player&)> end;
    Script script{};
    const char* workflow = "council";
  };
  const Script chairman_fails = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (provider == "b") reply.fails = ErrorCode::content_filter;
    return reply;
  };
  const Ending endings[] = {
      {"cancelled", [](Player& player) { player.fixture.run->cancel("client", "no: more"); }},
      {"cancelled without a reason", [](Player& player) { player.fixture.run->cancel("client", ""); }},
      {"deadline", [](Player& player) { player.fixture.pass(milliseconds(1000)); }},
      {"full",
       [](Player& player) {
         player.fixture.run->fail({ErrorCode::stream_limit, "the log is full"});
       }},
      {"a step that must not fail", [](Player&) {}, chairman_fails, "consensus"},
  };
  for (const Ending& ending : endings) {
    CAPTURE(ending.what);
    Play play = play_of(ending.workflow, ending.script);
    play.deadline = milliseconds(1000);
    Player player(play, 3);
    player.begin();
    for (int i = 0; i < 7; ++i) player.step();
    ending.end(player);
    while (player.step()) continue;
    const Played whole = player.played();
    check_log(whole.events);
    std::size_t first = 0;
    while (std::get_if<ChunkCompleted>(&whole.events[first].payload) == nullptr ||
           std::get<ChunkCompleted>(whole.events[first].payload).status == ChunkStatus::ok) {
      ++first;
    }
    for (std::size_t cut = first + 1; cut < whole.events.size(); ++cut) {
      CAPTURE(cut);
      const Played rest = Player(play, 4).play(continuation(whole.events, cut));
      const auto log = joined(whole.events, cut, rest.events);
      check_log(log);
      CHECK(rest.prompts.empty());
      CHECK(log.back().type() == whole.events.back().type());
      CHECK(facts_of(log)[1] == facts_of(whole.events)[1]);
      CHECK(result_of(log.back()).reasons == result_of(whole.events.back()).reasons);
      if (const auto* cancelled = std::get_if<TaskCancelled>(&log.back().payload)) {
        CHECK(cancelled->by == std::get<TaskCancelled>(whole.events.back().payload).by);
        CHECK(cancelled->reason == std::get<TaskCancelled>(whole.events.back().payload).reason);
      }
    }
  }
}

TEST_CASE("a member that was skipped stays skipped") {
  const Play play = play_of("council");
  Player player(play, 3);
  player.begin();
  for (int i = 0; i < 5; ++i) player.step();
  CHECK(player.fixture.run->skip("b/m2"));
  while (player.step()) continue;
  const Played whole = player.played();
  for (std::size_t cut = place_of(whole, EventType::chunk_completed, 0) + 1; cut < whole.events.size(); ++cut) {
    CAPTURE(cut);
    const auto skipped = recorded_in(whole.events, cut).chunks.at("answer:b/m2").completed;
    if (!skipped) continue;
    const Played rest = Player(play, 4).play(continuation(whole.events, cut));
    CHECK(outcome_of(joined(whole.events, cut, rest.events)) == outcome_of(whole.events));
  }
}

TEST_CASE("a cached answer whose log breaks off continues from the cache") {
  const Play play = play_of("council");
  const Played original = Player(play, 2).play();
  std::vector<Event> recorded;  // as a run records them: in the order of the ends
  for (const Event& event : original.events) {
    if (event.type() == EventType::chunk_completed)
      recorded.insert(recorded.end(), {{ChunkStarted{}, event.source}, event});
    if (event.terminal()) recorded.push_back(event);
  }
  CHECK(recorded.front().source->chunk_number > 1);  // not the order in which they started
  Player hit(play, 1);
  hit.fixture.replay = recorded;
  const Played whole = hit.play();
  CHECK(whole.prompts.empty());
  for (std::size_t cut = 0; cut < whole.events.size(); ++cut) {
    CAPTURE(cut);
    Player player(play, 2);
    player.fixture.replay = recorded;
    const Played rest = player.play(continuation(whole.events, cut));
    CHECK(rest.prompts.empty());
    const auto log = joined(whole.events, cut, rest.events);
    check_log(log);
    CHECK(outcome_of(log) == outcome_of(whole.events));
    // Without the cache the rest is called again, and the events so far remain valid.
    const Played called = Player(play, 2).play(continuation(whole.events, cut));
    const auto other = joined(whole.events, cut, called.events);
    check_log(other);
    check_calls(whole.events, cut, called);
    CHECK(result_of(other.back()).answer == result_of(whole.events.back()).answer);
  }
}

}  // namespace plenum::tests
