// For any cut of a log, the run that continues there has the same outcome as the uninterrupted run.
#include <set>

#include "tests/unit/workflow/run/resume_checks.h"

namespace plenum::tests {

namespace {

void check_every_cut(const Play& play, unsigned seed) {
  CAPTURE(play.workflow);
  CAPTURE(seed);
  const Played whole = Player(play, seed).play();
  check_log(whole.events);
  const std::string wanted = outcome_of(whole.events);
  const std::set<std::string> called(whole.prompts.begin(), whole.prompts.end());
  for (std::size_t cut = 0; cut < whole.events.size(); ++cut) {
    CAPTURE(cut);
    const Played rest = Player(play, seed + 100).play(continuation(whole.events, cut));
    const std::vector<Event> log = joined(whole.events, cut, rest.events);
    check_log(log);
    check_calls(whole.events, cut, rest);
    CHECK(outcome_of(log) == wanted);
    for (const std::string& prompt : rest.prompts) CHECK(called.count(prompt) == 1);
    // And once more, somewhere in the events of the second run.
    const std::size_t again = cut + (cut * 7 + seed) % rest.events.size();
    const Played third = Player(play, seed + 200).play(continuation(log, again));
    const std::vector<Event> twice = joined(log, again, third.events);
    check_log(twice);
    CHECK(outcome_of(twice) == wanted);
  }
}

constexpr const char* workflows[] = {"single", "raw",         "synthesize", "council",   "vote", "debate",
                                     "arena",  "adversarial", "duo",        "consensus", "elite"};

}  // namespace

TEST_CASE("for any cut of a run's log, another run continues there to the same end") {
  for (const char* workflow : workflows) {
    check_every_cut({workflow}, 1);
  }
}

TEST_CASE("a run with a verdict continues at any cut to the same verdict and readiness") {
  for (const char* workflow : {"synthesize", "elite"}) {
    Play play{workflow};
    play.verdict = true;
    const Played whole = Player(play, 2).play();
    CHECK(result_of(whole.events.back()).verdict_json.find("\"majority\"") != std::string::npos);
    check_every_cut(play, 2);
  }
}

TEST_CASE("a run with a failed member continues to the same degraded end") {
  const Script one_fails = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (provider == "b") reply.fails = ErrorCode::server;
    return reply;
  };
  for (const char* workflow : workflows) {
    Play play{workflow};
    play.script = one_fails;
    check_every_cut(play, 4);
  }
}

TEST_CASE("a run continues with the fallback member that was being called") {
  const Script first_fails = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (provider == "a" || provider == "x") reply.fails = ErrorCode::timeout;
    if (provider == "y") reply.retries = 2;
    return reply;
  };
  for (const char* workflow : workflows) {
    Play play{workflow};
    play.fallbacks = {{{"x/m8", "x", "m8"}, {"y/m9", "y", "m9"}}, {}, {}};
    play.script = first_fails;
    check_every_cut(play, 5);
  }
}

TEST_CASE("unparsed rankings and reviews and truncated answers of a resumed run are reported once") {
  const Script unreadable = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (holds(prompt, "end with your ranking") || holds(prompt, "What to check")) reply.text = "Hm, it is fine.";
    reply.finish_reason = "length";
    return reply;
  };
  for (const char* workflow : {"council", "consensus", "synthesize"}) {
    Play play{workflow};
    play.script = unreadable;
    check_every_cut(play, 6);
  }
}

TEST_CASE("a search continues with the query that was written, or with the task if none was") {
  const Script no_query = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (holds(prompt, "Write the one query")) reply.fails = ErrorCode::server;
    return reply;
  };
  for (const char* workflow : {"single", "synthesize", "adversarial", "duo"}) {
    Play play{workflow};
    play.search = true;
    check_every_cut(play, 8);
    play.script = no_query;
    check_every_cut(play, 9);
  }
}

TEST_CASE("attachments that a member did not get are reported once in a resumed run") {
  const Script blind = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (provider == "b") reply.omitted = {"p.png"};
    return reply;
  };
  for (const char* workflow : {"council", "synthesize"}) {
    Play play{workflow};
    play.script = blind;
    check_every_cut(play, 10);
  }
}

TEST_CASE("a run under a cap that covers every worst case continues under it") {
  for (const char* workflow : {"council", "consensus", "vote"}) {
    Play play{workflow};
    play.price = core::ModelPrice{"*", 1, 1, {}, {}};
    play.max_cost_usd = 1000;
    check_every_cut(play, 7);
  }
}

}  // namespace plenum::tests
