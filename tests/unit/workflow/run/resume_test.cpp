// The events and calls of a run that starts after the log of an earlier one.
#include "server/workflow/run/restore/closing_events.h"
#include "tests/unit/workflow/run/resume_checks.h"

namespace plenum::tests {

namespace {

using workflow::RecordedRun;
using workflow::Resume;

// Answers come in any order; the sum waits for two of them, the ranking for all.
constexpr const char* early = R"(name = "early"
description = "d"
roles = ["chair"]
members_min = 2
answer = "{{sum}}"
[[steps]]
id = "answer"
agent = "A"
stage = "s"
each = "members"
output = "answers"
prompt = "{{task}}"
[[steps]]
rounds = 2
[[steps.round]]
id = "more"
agent = "A"
stage = "more"
each = "answers"
output = "answers"
inputs = ["answers"]
quorum = 2
start = "quorum"
on_error = "degrade"
prompt = "{{#answers}}{{text}};{{/answers}}"
[[steps]]
id = "sum"
agent = "C"
stage = "t"
role = "chair"
inputs = ["answers"]
quorum = 2
start = "quorum"
prompt = "{{#answers}}{{text}};{{/answers}}"
)";

constexpr const char* two_steps = R"(name = "two"
description = "d"
roles = ["r", "q"]
deadline_s = 100
answer = "{{second}}"
[[steps]]
id = "first"
agent = "A"
stage = "s"
role = "r"
prompt = "{{task}}"
[[steps]]
id = "second"
agent = "B"
stage = "s"
role = "q"
inputs = ["first"]
prompt = "{{first}}"
)";

struct ResumeFixture : RunFixture {
  // Continues after the first events of another run of the same workflow.
  void resume_after(const Played& before, std::size_t count, Resume::Mode mode = Resume::Mode::continue_log,
                    milliseconds elapsed = milliseconds(0)) {
    resume = Resume{recorded_in(before.events, count), mode, elapsed};
    begin(load(two_steps), a_task(), members);
  }
  std::size_t members = 2;
};

// The text of a run of two steps.
Played two_steps_played() { return Player({two_steps, 2}, 1).play(); }

}  // namespace

TEST_CASE_FIXTURE(ResumeFixture, "an open call is discarded and repeated, a completed one is not") {
  const Played before = two_steps_played();
  resume_after(before, place_of(before, EventType::token_stream, 3) + 1);
  CHECK(providers.count() == 1);
  CHECK(providers.newest().provider == "b");
  CHECK(holds(providers.newest().user_prompt(), "a writes"));
  CHECK(sink.lines() == Lines{"system_message", "chunk_reset second:b/m2", "task_progress 1/2"});
  const SystemMessage& resumed = std::get<SystemMessage>(sink.events.front().payload);
  CHECK(resumed.code == "resumed");
  CHECK(resumed.level == "info");
  CHECK(resumed.fields_json == R"("reused":1,"restarted":1)");
  const ChunkReset& reset = sink.last<ChunkReset>();
  CHECK(reset.reason == workflow::restarted_reason);
  CHECK(reset.next_member == "b/m2");
  CHECK_FALSE(reset.cost.usd);
  answer(0, "whole");
  turn();
  CHECK(sink.last<ChunkCompleted>().output == "whole");
  CHECK(sink.events.back().terminal());
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK_FALSE(result.degraded);
  CHECK_FALSE(result.cost.usd);  // the cost of the discarded attempt is unknown
  REQUIRE(result.receipts.size() == 3);
  CHECK(result.receipts[1].status == ChunkStatus::error);
  CHECK(result.receipts[1].attempt == 1);
  CHECK(result.receipts[2].attempt == 2);
  CHECK(finished_calls == 1);
}

TEST_CASE_FIXTURE(ResumeFixture, "a discarded attempt keeps the time that it took before the restart") {
  const Played before = two_steps_played();
  const std::size_t began = place_of(before, EventType::chunk_started, 1);
  const std::size_t cut = place_of(before, EventType::token_stream, 3) + 1;
  resume_after(before, cut);  // event i was recorded at i milliseconds
  CHECK(sink.last<ChunkReset>().latency_ms == static_cast<std::int64_t>(cut - 1 - began));
}

TEST_CASE_FIXTURE(ResumeFixture, "a log that holds nothing yet begins like any other") {
  resume_after(two_steps_played(), 0);
  CHECK(sink.lines() == Lines{"task_started", "task_progress 0/2", "chunk_started first:a/m1"});
}

TEST_CASE_FIXTURE(ResumeFixture, "a log without its terminal event gets it, and no model is called") {
  const Played before = two_steps_played();
  for (const auto how : {Resume::Mode::continue_log, Resume::Mode::interrupt}) {
    sink.events.clear();
    resume_after(before, before.events.size() - 1, how, milliseconds(1'000'000));
    turn();
    CHECK(providers.count() == 0);
    CHECK(result_of(sink.events.back()) == result_of(before.events.back()));
    CHECK(sink.events.back().type() == EventType::task_completed);
  }
}

TEST_CASE_FIXTURE(ResumeFixture, "a log that has its end gets nothing more") {
  const Played before = two_steps_played();
  resume_after(before, before.events.size());
  turn();
  CHECK(sink.events.empty());
  CHECK(run->finished());
  CHECK(finished_calls == 1);
}

TEST_CASE_FIXTURE(ResumeFixture, "the task's time counts from its acceptance, however often the server was restarted") {
  const Played before = two_steps_played();
  const std::size_t cut = place_of(before, EventType::token_stream, 1) + 1;
  resume_after(before, cut, Resume::Mode::continue_log, milliseconds(60'000));
  CHECK(providers.newest().request.due == clock.steady() + milliseconds(40'000));
  CHECK(sink.last<TaskProgress>().elapsed_ms == 60'000);
  pass(milliseconds(39'999));
  CHECK_FALSE(run->finished());
  pass(milliseconds(1));
  CHECK(sink.last<TaskError>().error.code == "deadline_exceeded");
}

TEST_CASE_FIXTURE(ResumeFixture, "a task whose time went by while the server was away ends without a call") {
  const Played before = two_steps_played();
  const std::size_t cut = place_of(before, EventType::token_stream, 1) + 1;
  resume_after(before, cut, Resume::Mode::continue_log, milliseconds(100'000));
  CHECK(providers.count() == 0);
  const ChunkCompleted& closed = sink.last<ChunkCompleted>();
  CHECK(closed.status == ChunkStatus::timeout);
  CHECK(closed.output == std::get<TokenStream>(before.events[cut - 1].payload).tokens);
  CHECK(sink.last<TaskError>().error.code == "deadline_exceeded");
}

TEST_CASE("steps that start at their quorum continue from every cut, and no completed call is repeated") {
  // Who is passed over does not end the task, not even at a step that must not fail.
  std::string strict = early;
  strict.replace(strict.find("on_error"), std::string_view("on_error = \"degrade\"").size(), "");
  const Script b_fails = [](const std::string& provider, const std::string& prompt) {
    Reply reply = usual_reply(provider, prompt);
    if (provider == "b" && holds(prompt, ";")) reply.fails = ErrorCode::server;
    return reply;
  };
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Play play = seed % 2 == 0 ? play_of(early, b_fails) : play_of(strict.c_str());
    play.members = 4;
    const Played whole = Player(play, seed).play();
    for (std::size_t cut = 0; cut < whole.events.size(); ++cut) {
      CAPTURE(cut);
      const Played rest = Player(play, seed + 10).play(continuation(whole.events, cut));
      const auto log = joined(whole.events, cut, rest.events);
      check_log(log);
      check_calls(whole.events, cut, rest);
      CHECK(log.back().type() == EventType::task_completed);
      const auto progress = state_of(log).progress;
      CHECK(progress.completed == progress.total_chunks);
    }
  }
}

TEST_CASE_FIXTURE(RunFixture, "an answer that is no longer waited for is not requested again") {
  std::string file = early;
  const std::size_t rounds = file.find("[[steps]]\nrounds");
  file.erase(rounds, file.find("[[steps]]\nid = \"sum\"") - rounds);
  begin(load(file), a_task(), 3);
  answer("answer:a/m1", "1");
  answer("answer:c/m3", "3");
  call_of("answer:b/m2").text("half");
  call_of("sum:a/m1").answer("both");
  const std::vector<Event> log = sink.events;  // up to the sum's end: b has not been cancelled yet
  const std::size_t calls = providers.count();
  sink.events.clear();
  resume = continuation(log, log.size());
  begin(load(file), a_task(), 3);
  turn();
  CHECK(providers.count() == calls);
  const auto whole = joined(log, log.size(), sink.events);
  CHECK(faults_of(whole) == "");
  const TaskResult& result = result_of(whole.back());
  CHECK(result.answer == "both");
  CHECK(result.answers.at(1).status == ChunkStatus::skipped);
  CHECK(result.answers.at(1).text == "half");
}

TEST_CASE_FIXTURE(ResumeFixture, "what is found in the cache only now does not stand behind other answers") {
  const Played before = two_steps_played();
  replay = {{TaskCompleted{result_of(before.events.back())}, nullptr}};
  resume_after(before, place_of(before, EventType::token_stream, 1) + 1);
  CHECK(providers.count() == 1);
  CHECK(sink.lines_of(EventType::chunk_reset).size() == 1);
}

TEST_CASE_FIXTURE(ResumeFixture, "a log that does not fit the plan ends interrupted with all its texts") {
  const Played before = two_steps_played();
  const std::size_t cut = place_of(before, EventType::token_stream, 4);  // second's text has begun
  std::vector<Event> events(before.events.begin(), before.events.begin() + static_cast<std::ptrdiff_t>(cut));
  std::string expected;
  const auto check = [&] {
    resume = continuation(events, events.size());
    sink.events.clear();
    begin(load(two_steps), a_task(), members);
    turn();
    CHECK(providers.count() == 0);
    const TaskError& end = sink.last<TaskError>();
    CHECK(end.error.code == "interrupted");
    CHECK_FALSE(end.error.retryable);
    CHECK(end.error.remedy == row_of(ErrorCode::interrupted).remedy);
    CHECK(holds(end.error.message, expected));
    CHECK(end.result.degraded);
    bool first_is_there = false;
    for (const MemberAnswer& answer : end.result.answers) first_is_there |= holds(answer.text, "a writes");
    CHECK(first_is_there);
    CHECK(finished_calls > 0);
  };
  SUBCASE("because other members take part") {
    members = 1;
    expected = "members have changed";
    check();
    CHECK(sink.last<ChunkCompleted>().status == ChunkStatus::cancelled);
    CHECK(state_of(joined(events, events.size(), sink.events)).open_chunks == 0);
  }
  SUBCASE("because a step is unknown") {
    expected = "there is no step \"third:b/m2\"";
    for (Event& event : events) {
      if (!event.source || event.source->chunk != "second:b/m2") continue;
      EventSource other = *event.source;
      other.chunk = "third:b/m2";
      event.source = std::make_shared<const EventSource>(other);
    }
    check();
  }
  SUBCASE("because a chunk could not have begun") {
    expected = "could not have started yet";
    std::vector<Event> in_other_order;
    for (const bool second : {true, false}) {
      for (const Event& event : events) {
        if ((event.source && event.source->chunk == "second:b/m2") == second) in_other_order.push_back(event);
      }
    }
    events = in_other_order;
    check();
  }
  SUBCASE("because a member answered that is in no chain") {
    expected = "may not be answered by z/m9";
    events.insert(events.end(), {ChunkReset{"it fell over", "z/m9", "m9", {}, {}, 0}, before.events[cut].source});
    check();
  }
  SUBCASE("because a chunk ended that had not begun") {
    expected = "could not have started yet";
    events.push_back(before.events[place_of(before, EventType::chunk_started, 0)]);
    check();
  }
}

TEST_CASE_FIXTURE(ResumeFixture, "an attempt of unknown cost counts with its worst case under the cap") {
  price = core::ModelPrice{"*", 0, 100};  // 4096 tokens: $0.4096
  TaskSpec spec = a_task();
  const auto count_of_calls = [&](std::size_t token, double cap) {
    spec.max_cost_usd = cap;
    const Played before =
        Player({.workflow = std::string(two_steps), .members = 2, .price = price, .max_cost_usd = cap}, 1).play();
    sink.events.clear();
    resume = continuation(before.events, place_of(before, EventType::token_stream, token));
    const std::size_t calls = providers.count();
    begin(load(two_steps), spec, 2);
    turn();
    return providers.count() - calls;
  };
  constexpr std::size_t in_first = 1, in_second = 4;
  CHECK(count_of_calls(in_first, 0.44) == 1);  // 0.4096 void, 0.0256 for the least answer
  CHECK(count_of_calls(in_first, 0.43) == 0);
  CHECK(sink.last<TaskError>().error.code == "cost_limit");
  // The last call may have the longest answer that is ever requested, 32,768 tokens; the first one cost 0.25.
  CHECK(count_of_calls(in_second, 3.56) == 1);
  CHECK(count_of_calls(in_second, 3.54) == 0);
}

TEST_CASE("a past ends at once with its open chunks closed and all texts, without a plan") {
  const Played before = two_steps_played();
  const std::size_t cut = place_of(before, EventType::token_stream, 4) + 1;
  const RecordedRun past = recorded_in(before.events, cut);
  const auto events = workflow::closing_events({ErrorCode::interrupted, "the workflow is gone"}, past, "two");
  REQUIRE(events.size() == 2);
  const auto log = joined(before.events, cut, events);
  check_log(log);
  const TaskResult& result = result_of(log.back());
  CHECK(result.workflow == "two");
  CHECK(result.reasons == std::vector<std::string>{"the workflow is gone"});
  REQUIRE(result.answers.size() == 2);
  CHECK(holds(result.answers[0].text, "a writes"));
  CHECK(result.answers[1].text == past.chunks.at("second:b/m2").text);
  CHECK_FALSE(result.answers[1].text.empty());
  CHECK_FALSE(result.cost.usd);
}

TEST_CASE("a past passes over what it does not know, and what the readers' frames say") {
  RecordedRun past;
  const auto source = std::make_shared<const EventSource>(EventSource{"x:a/m1", 1, "A", "s", "a/m1", "m1", 1});
  past.add(Event{TokenStream{"early", TokenKind::text}, source}, 1);
  past.add(Event{UnknownEvent{"news"}, nullptr}, 2);
  past.add(Event{Heartbeat{}, nullptr}, 3);
  past.add(Event{ChunkCompleted{}, source}, 4);
  past.add(Event{SystemMessage{"warning", "retry", "again", R"("wait_ms":"no)"}, source}, 5);
  CHECK(past.chunks.empty());
  CHECK(past.order.empty());
  CHECK(past.last_ms == 5);
  past.add(Event{ChunkStarted{}, source}, 6);
  past.add(Event{SystemMessage{"warning", "retry", "again", R"("wait_ms":"no)"}, source}, 7);
  CHECK(past.chunks.at("x:a/m1").source.attempt == 2);
  CHECK_FALSE(past.chunks.at("x:a/m1").attempts.at(0).cost.usd);
}

}  // namespace plenum::tests
