// Wherever a log breaks off, the run that goes on from there comes to what the whole run came to.
#include <set>

#include "tests/unit/workflow/run/resume_checks.h"

namespace plenum::tests {

namespace {

void check_every_cut(const Play& play, unsigned seed) {
  CAPTURE(play.workflow);
  CAPTURE(seed);
  const Played whole = Player(play, seed).play();
  check_log(whole.events);
  const std::string wanted = what_it_came_to(whole.events);
  const std::set<std::string> asked(whole.prompts.begin(), whole.prompts.end());
  for (std::size_t cut = 0; cut < whole.events.size(); ++cut) {
    CAPTURE(cut);
    const Played rest = Player(play, seed + 100).play(going_on(whole.events, cut));
    const std::vector<Event> log = joined(whole.events, cut, rest.events);
    check_log(log);
    check_calls(whole.events, cut, rest);
    CHECK(what_it_came_to(log) == wanted);
    for (const std::string& prompt : rest.prompts) CHECK(asked.count(prompt) == 1);
    // And once more, somewhere in what the second run said.
    const std::size_t again = cut + (cut * 7 + seed) % rest.events.size();
    const Played third = Player(play, seed + 200).play(going_on(log, again));
    const std::vector<Event> twice = joined(log, again, third.events);
    check_log(twice);
    CHECK(what_it_came_to(twice) == wanted);
  }
}

constexpr const char* workflows[] = {"single", "raw",   "synthesize",  "council", "vote",
                                     "debate", "arena", "adversarial", "duo",     "consensus"};

}  // namespace

TEST_CASE("wherever the log of a run breaks off, another run goes on from there to the same end") {
  for (const char* workflow : workflows) {
    check_every_cut({workflow}, 1);
  }
}

TEST_CASE("a run in which a member failed goes on to the same degraded end") {
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

TEST_CASE("a run goes on with the member of the chain that was being asked") {
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

TEST_CASE("a run whose rankings and reviews could not be read, and whose answers were cut, says so once") {
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

TEST_CASE("a run under a cap that holds every worst case goes on under it") {
  for (const char* workflow : {"council", "consensus", "vote"}) {
    Play play{workflow};
    play.price = core::ProviderInfo::ModelPrice{"*", 1, 1, {}, {}};
    play.max_cost_usd = 1000;
    check_every_cut(play, 7);
  }
}

}  // namespace plenum::tests
