// Wherever a log breaks off, the run that goes on from there comes to what the whole run came to.
#include <set>

#include "server/stream/fold.h"
#include "tests/unit/workflow/resume_fixture.h"

namespace plenum::tests {

namespace {

using Texts = std::vector<std::string>;

stream::Fold fold_of(const std::vector<Event>& log) {
  stream::Fold fold;
  for (std::size_t i = 0; i < log.size(); ++i) fold.apply(log[i], {i + 1, {}, static_cast<std::int64_t>(i)});
  return fold;
}

// Texts and ends, without what an attempt more changes: costs, numbers of attempts, order of the ends.
Texts what_it_came_to(const std::vector<Event>& log) {
  const stream::Fold fold = fold_of(log);
  const TaskResult& result = *fold.result;
  Texts out{std::string(name_of(fold.status)),
            fold.error ? fold.error->code + " " + fold.error->message : "",
            result.answer,
            result.synthesis,
            result.rankings_json,
            result.votes_json,
            result.review_json,
            result.degraded ? "degraded" : "",
            fmt::format("{}/{} {}", fold.progress.completed, fold.progress.total_chunks, fold.open_chunks)};
  for (const MemberAnswer& answer : result.answers) {
    out.push_back(fmt::format("{} {} {} {}: {}", answer.chunk, answer.member, answer.model, name_of(answer.status),
                              answer.text));
  }
  Texts reasons = result.reasons;
  for (const auto& chunk : fold.chunks) {
    reasons.push_back(fmt::format("{} {} {}", chunk.source.chunk, name_of(chunk.status), chunk.text));
  }
  for (const Event& event : log) {
    if (const auto* message = std::get_if<SystemMessage>(&event.payload)) {
      if (message->code == "retry" || message->code == "resumed" || message->code == "budget") continue;
      reasons.push_back((event.source ? event.source->chunk + " " : "") + message->code);
    } else if (const auto* metrics = std::get_if<MetricsPartial>(&event.payload)) {
      reasons.push_back("stage " + metrics->stage);
    }
  }
  std::sort(reasons.begin(), reasons.end());
  out.insert(out.end(), reasons.begin(), reasons.end());
  return out;
}

// One for each attempt that the log tells of, with how it ended.
Texts receipts_told(const std::vector<Event>& log) {
  Texts told;
  const auto tell = [&](const Event& event, ChunkStatus status, const Cost& cost) {
    const EventSource& source = *event.source;
    told.push_back(fmt::format("{} {} {} {} {} {}", source.chunk, source.attempt, source.member, source.model,
                               name_of(status), cost.usd.value_or(-1)));
  };
  for (const Event& event : log) {
    if (const auto* reset = std::get_if<ChunkReset>(&event.payload)) {
      tell(event, reset->status, reset->cost);
    } else if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
      tell(event, completed->status, completed->cost);
    } else if (const auto* message = std::get_if<SystemMessage>(&event.payload); message && message->code == "retry") {
      tell(event, ChunkStatus::timeout, {0.0, CostOrigin::estimated});
    }
  }
  std::sort(told.begin(), told.end());
  return told;
}

Texts receipts_of(const TaskResult& result) {
  Texts out;
  for (const Receipt& receipt : result.receipts) {
    CHECK(receipt.provider == receipt.member.substr(0, 1));
    out.push_back(fmt::format("{} {} {} {} {} {}", receipt.chunk, receipt.attempt, receipt.member, receipt.model,
                              name_of(receipt.status), receipt.cost.usd.value_or(-1)));
  }
  std::sort(out.begin(), out.end());
  return out;
}

// What holds of every log, however often it was taken up again.
void check_log(const std::vector<Event>& log) {
  std::map<std::string, std::string> texts;  // of the attempts under way, by chunk
  std::map<std::string, int> attempts;
  std::set<int> numbers;
  std::size_t terminals = 0, starts = 0;
  for (const Event& event : log) {
    terminals += event.terminal() ? 1 : 0;
    starts += event.type() == EventType::task_started ? 1 : 0;
    if (!event.source) continue;
    const std::string& chunk = event.source->chunk;
    if (event.type() == EventType::chunk_started) {
      CHECK(texts.emplace(chunk, "").second);
      CHECK(numbers.insert(event.source->chunk_number).second);
      attempts[chunk] = event.source->attempt;
      continue;
    }
    REQUIRE(texts.count(chunk) == 1);  // neither before its beginning nor behind its end
    const bool warns_of_the_end =
        event.type() == EventType::system_message && attempts[chunk] == 0;
    if (!warns_of_the_end) CHECK(event.source->attempt == attempts[chunk]);
    if (const auto* tokens = std::get_if<TokenStream>(&event.payload)) {
      CHECK(attempts[chunk] > 0);
      if (tokens->kind == TokenKind::text) texts[chunk] += tokens->tokens;
    } else if (event.type() == EventType::chunk_reset) {
      texts[chunk].clear();
      ++attempts[chunk];
    } else if (const auto* message = std::get_if<SystemMessage>(&event.payload); message && message->code == "retry") {
      texts[chunk].clear();
      ++attempts[chunk];
    } else if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
      CHECK(completed->output == texts[chunk]);
      CHECK(completed->sha256 == sha256_hex(texts[chunk]));
      attempts[chunk] = 0;
    }
  }
  CHECK(receipts_told(log) == receipts_of(result_of(log.back())));
  CHECK(starts == 1);
  CHECK(terminals == 1);
  CHECK(log.back().terminal());
}

std::vector<Event> joined(const std::vector<Event>& log, std::size_t count, const std::vector<Event>& more) {
  std::vector<Event> whole(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(count));
  whole.insert(whole.end(), more.begin(), more.end());
  return whole;
}

// Asks nobody whose answer is in the log.
void check_calls(const std::vector<Event>& log, std::size_t count, const Played& rest) {
  std::set<std::string> ended;
  for (std::size_t i = 0; i < count; ++i) {
    if (log[i].type() == EventType::chunk_completed) ended.insert(log[i].source->chunk);
  }
  std::size_t attempts = 0;
  for (const Event& event : rest.events) {
    const bool begins = event.type() == EventType::chunk_started || event.type() == EventType::chunk_reset;
    if (!begins) continue;
    ++attempts;
    CHECK(ended.count(event.source->chunk) == 0);
  }
  CHECK(rest.prompts.size() <= attempts);
}

void check_every_cut(const Play& play, unsigned seed) {
  CAPTURE(play.workflow);
  CAPTURE(seed);
  const Played whole = Player(play, seed).play();
  check_log(whole.events);
  const Texts wanted = what_it_came_to(whole.events);
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

constexpr const char* workflows[] = {"single", "raw",    "synthesize",  "council",  "vote",
                                     "debate", "arena",  "adversarial", "duo",      "consensus"};

}  // namespace

TEST_CASE("wherever the log of a run breaks off, another run goes on from there to the same end") {
  for (const char* workflow : workflows) {
    for (const unsigned seed : {1u, 2u, 3u}) check_every_cut({workflow}, seed);
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
