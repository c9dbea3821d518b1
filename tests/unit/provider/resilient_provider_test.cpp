// Slots, breaker, retries and costs of calls to a provider that the test plays itself.
#include <memory>
#include <string>
#include <vector>

#include "server/provider/limits/resilient_provider.h"
#include "tests/support/manual_clock.h"
#include "tests/support/upstream/scripted_providers.h"

using namespace plenum;
using namespace plenum::provider;
using core::ChatNotice;
using std::chrono::seconds;

namespace {

struct ScriptedProvider final : ModelClient {
  explicit ScriptedProvider(tests::ScriptedProviders& all) : script(all) {}
  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::ChatListener& listener) override {
    return script.start("up", std::move(request), listener);
  }
  tests::ScriptedProviders& script;
};

struct Hearer final : core::ChatListener {
  void note(std::string what) {
    heard.push_back(std::move(what));
    if (heard.back() == leave_at) call.reset();
  }
  void on_text(std::string_view delta) override { note("text " + std::string(delta)); }
  void on_reasoning(std::string_view delta) override { note("reasoning " + std::string(delta)); }
  void on_notice(const ChatNotice& notice) override {
    wait = notice.wait;
    cost = notice.cost;
    switch (notice.kind) {
      case ChatNotice::Kind::queued:
        return note("queued " + std::to_string(notice.position));
      case ChatNotice::Kind::begun:
        return note("begun " + std::to_string(notice.attempt));
      case ChatNotice::Kind::retrying:
        return note("retrying " + std::to_string(notice.attempt) + " " + std::string(notice.error->name()));
    }
  }
  void on_end(core::ChatEnd ended) override {
    end = std::move(ended);
    note(end.ok ? "ok" : "failed " + std::string(end.error->name()));
  }

  std::vector<std::string> heard;
  std::string leave_at;  // destroys the call when this is heard
  milliseconds wait{0};
  Cost cost;
  core::ChatEnd end;
  std::unique_ptr<core::ChatCall> call;
};

using Heard = std::vector<std::string>;

struct SupervisedFixture {
  void limits(ProviderLimitsOptions options) {
    gate = std::make_unique<ProviderLimits>("up", std::move(options));
    provider = std::make_unique<ResilientProvider>(loop, *gate, std::make_unique<ScriptedProvider>(script), 7);
  }
  Hearer& ask(SteadyTime due = SteadyTime::max()) {
    auto& hearer = *hearers.emplace_back(std::make_unique<Hearer>());
    core::ChatRequest request;
    request.model = "m";
    request.due = due;
    hearer.call = provider->start(std::move(request), hearer);
    REQUIRE(hearer.heard.empty());
    return hearer;
  }
  void turn() {
    for (int i = 0; i < 3; ++i) loop.run_once(milliseconds(0));
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    turn();
  }
  Hearer& asked(SteadyTime due = SteadyTime::max()) {
    auto& hearer = ask(due);
    turn();
    return hearer;
  }

  tests::ManualClock clock;
  runtime::EventLoop loop{clock};
  tests::ScriptedProviders script;
  std::unique_ptr<ProviderLimits> gate;
  std::unique_ptr<ResilientProvider> provider;
  std::vector<std::unique_ptr<Hearer>> hearers;
};

}  // namespace

TEST_CASE_FIXTURE(SupervisedFixture, "a call that goes well says that it began and passes everything on") {
  limits({});
  auto& hearer = asked();
  script.newest().reasoning("hm");
  script.newest().answer("yes");
  CHECK(hearer.heard == Heard{"begun 1", "reasoning hm", "text yes", "ok"});
  CHECK(gate->turnstile.counts().in_flight == 0);
}

TEST_CASE_FIXTURE(SupervisedFixture, "a failure before the first delta is tried again after a wait") {
  limits({.retries_max = 2});
  auto& hearer = asked();
  script.newest().break_off(ErrorCode::server, "first");
  CHECK(hearer.heard == Heard{"begun 1", "retrying 1 server"});
  CHECK(hearer.wait >= milliseconds(50));
  CHECK(hearer.wait <= milliseconds(500));
  CHECK(script.count() == 1);
  pass(milliseconds(500));
  script.newest().break_off(ErrorCode::overloaded, "second");
  pass(seconds(1));
  CHECK(script.newest().request.model == "m");
  script.newest().break_off(ErrorCode::server, "third");
  CHECK(hearer.heard ==
        Heard{"begun 1", "retrying 1 server", "begun 2", "retrying 2 overloaded", "begun 3", "failed server"});
  CHECK(hearer.end.error->message == "third");
}

TEST_CASE_FIXTURE(SupervisedFixture, "nothing that somebody has seen is asked for again") {
  limits({.retries_max = 3});
  for (const bool reasoning : {false, true}) {
    auto& hearer = asked();
    if (reasoning) {
      script.newest().reasoning("a");
    } else {
      script.newest().text("a");
    }
    script.newest().break_off(ErrorCode::transport, "reset");
    CHECK(hearer.heard.back() == "failed transport");
  }
  CHECK(script.count() == 2);
}

TEST_CASE_FIXTURE(SupervisedFixture, "a wait that does not fit before the due time ends the call with its error") {
  limits({});
  auto& hearer = asked(clock.steady() + milliseconds(40));
  script.newest().break_off(ErrorCode::rate_limit, "slow down");
  CHECK(hearer.heard.back() == "failed rate_limit");
}

TEST_CASE_FIXTURE(SupervisedFixture, "the slot is free while a call waits for its retry") {
  limits({.turnstile = {.concurrent_requests_max = 1}});
  auto& first = asked();
  auto& second = asked();
  CHECK(second.heard == Heard{"queued 1"});
  script.newest().break_off(ErrorCode::server, "x");
  turn();
  CHECK(second.heard == Heard{"queued 1", "begun 1"});
  pass(seconds(1));
  CHECK(first.heard == Heard{"begun 1", "retrying 1 server", "queued 1"});
  script.newest().answer("b");
  turn();
  script.newest().answer("a");
  CHECK(first.heard.back() == "ok");
}

TEST_CASE_FIXTURE(SupervisedFixture, "when too many wait the next call fails with overloaded, later and not at once") {
  limits({.turnstile = {.concurrent_requests_max = 1, .queue_max = 1}});
  asked(), asked();
  auto& third = asked();
  CHECK(third.heard == Heard{"failed overloaded"});
  CHECK(third.end.error->message.find("up: 1 calls wait") == 0);
  CHECK(third.end.cost == Cost{0.0, CostOrigin::estimated});
}

TEST_CASE_FIXTURE(SupervisedFixture,
                  "an open breaker ends calls at once and names provider, failures and the last one") {
  limits({.retries_max = 0});
  for (int i = 0; i < 5; ++i) {
    asked();
    script.newest().break_off(ErrorCode::transport, "up: refused");
  }
  auto& refused = asked();
  CHECK(script.count() == 5);
  CHECK(refused.heard == Heard{"failed overloaded"});
  CHECK(refused.end.error->message == "up: not asked, because its last 5 calls failed; the last one: up: refused");
  CHECK(refused.end.error->retry_after == seconds(30));
  clock.advance(seconds(30));
  auto& probe = asked();
  CHECK(asked().heard == Heard{"failed overloaded"});
  script.newest().answer("back");
  CHECK(probe.heard.back() == "ok");
  CHECK(asked().heard == Heard{"begun 1"});
}

TEST_CASE_FIXTURE(SupervisedFixture, "a call that queues when the breaker opens ends at once and not at its turn") {
  // One call at once, the next one 10 s later.
  limits({.turnstile = {.requests_per_minute = 6}, .breaker = {.failures_max = 1}, .retries_max = 0});
  auto& dead = asked();
  auto& next = asked();
  auto& later = asked();
  later.leave_at = "failed overloaded";  // and may go at that
  REQUIRE(later.heard.back() == "queued 2");
  script.newest().break_off(ErrorCode::transport, "up: refused");
  turn();
  CHECK(dead.heard.back() == "failed transport");
  for (const auto* waiting : {&next, &later}) {
    CHECK(waiting->heard.back() == "failed overloaded");
    REQUIRE(waiting->end.error);
    CHECK(waiting->end.error->message == "up: not asked, because its last 1 calls failed; the last one: up: refused");
    CHECK(waiting->end.cost == Cost{0.0, CostOrigin::estimated});
  }
  CHECK(script.count() == 1);
  CHECK(gate->turnstile.counts().waiting == 0);
  CHECK(gate->turnstile.counts().in_flight == 0);
}

TEST_CASE_FIXTURE(SupervisedFixture,
                  "a call whose slot comes in the moment in which the breaker opens is refused once") {
  limits({.turnstile = {.concurrent_requests_max = 1}, .breaker = {.failures_max = 1}, .retries_max = 0});
  asked();
  auto& next = asked();
  script.newest().break_off(ErrorCode::transport, "x");
  turn();
  CHECK(next.heard == Heard{"queued 1", "failed overloaded"});
  CHECK(gate->turnstile.counts().in_flight == 0);
}

TEST_CASE_FIXTURE(SupervisedFixture, "a probe that is cancelled gives its place back") {
  limits({.retries_max = 0});
  for (int i = 0; i < 5; ++i) {
    asked();
    script.newest().break_off(ErrorCode::transport, "x");
  }
  clock.advance(seconds(30));
  auto& probe = asked();
  CHECK(probe.heard == Heard{"begun 1"});
  probe.call.reset();
  CHECK(asked().heard == Heard{"begun 1"});
}

TEST_CASE_FIXTURE(SupervisedFixture, "a call does not wait for a retry that the breaker would refuse") {
  limits({.retries_max = 3});
  for (int i = 0; i < 4; ++i) {
    asked();
    script.newest().break_off(ErrorCode::server, "x");
  }
  auto& fifth = asked();
  script.newest().break_off(ErrorCode::server, "fifth");
  CHECK(fifth.heard == Heard{"begun 1", "failed server"});
}

TEST_CASE_FIXTURE(SupervisedFixture, "retries stop when the provider's budget is used up") {
  limits({.breaker = {.failures_max = 1000}, .retries_max = 1});
  for (int i = 0; i < 10; ++i) {
    auto& hearer = asked();
    script.newest().break_off(ErrorCode::server, "x");
    CHECK(hearer.heard.back() == "retrying 1 server");
  }
  auto& late = asked();
  script.newest().break_off(ErrorCode::server, "x");
  CHECK(late.heard.back() == "failed server");
}

TEST_CASE_FIXTURE(SupervisedFixture, "a listener may destroy the call at every single thing that it hears") {
  for (const std::string leave_at :
       {"queued 1", "begun 1", "retrying 1 server", "text a", "reasoning r", "failed server"}) {
    CAPTURE(leave_at);
    limits({.turnstile = {.concurrent_requests_max = 1}, .retries_max = leave_at == "failed server" ? 0 : 1});
    std::unique_ptr<Hearer> blocker = std::make_unique<Hearer>();
    if (leave_at == "queued 1") {
      blocker->call = provider->start({}, *blocker);
      turn();
    }
    auto& hearer = ask();
    hearer.leave_at = leave_at;
    turn();
    if (hearer.call && leave_at == "text a") script.newest().text("a");
    if (hearer.call && leave_at == "reasoning r") script.newest().reasoning("r");
    if (hearer.call && script.newest().open()) script.newest().break_off(ErrorCode::server, "x");
    pass(seconds(20));
    CHECK(hearer.heard.back() == leave_at);
    CHECK(hearer.call == nullptr);
    blocker.reset();
    CHECK(gate->turnstile.counts().in_flight == 0);
    CHECK(gate->turnstile.counts().waiting == 0);
    CHECK(script.open_count() == 0);
  }
}

TEST_CASE_FIXTURE(SupervisedFixture, "a cost that was reported stays, others are estimated where a price is known") {
  ProviderLimitsOptions options;
  options.prices.set("m", {1.0, 2.0, {}, {}});
  limits(std::move(options));
  Usage usage;
  usage.prompt_tokens = 1'000'000;
  usage.completion_tokens = 1'000'000;
  auto& reported = asked();
  script.newest().end_well(usage, Cost{9.0, CostOrigin::reported});
  CHECK(reported.end.cost == Cost{9.0, CostOrigin::reported});
  auto& estimated = asked();
  script.newest().end_well(usage);
  CHECK(estimated.end.cost == Cost{3.0, CostOrigin::estimated});
  auto& unknown = asked();
  script.newest().end_well();
  CHECK(unknown.end.cost == Cost{});
}

TEST_CASE_FIXTURE(SupervisedFixture, "ten calls that go well refill the retry budget by one retry") {
  limits({.breaker = {.failures_max = 1000}, .retries_max = 1});
  const auto fails = [this] {
    auto& hearer = asked();
    script.newest().break_off(ErrorCode::server, "x");
    const std::string heard = hearer.heard.back();
    hearer.call.reset();
    return heard;
  };
  for (int i = 0; i < 10; ++i) CHECK(fails() == "retrying 1 server");
  CHECK(fails() == "failed server");
  for (int i = 0; i < 10; ++i) {
    asked();
    script.newest().answer("yes");
  }
  CHECK(fails() == "retrying 1 server");
  CHECK(fails() == "failed server");
}

TEST_CASE_FIXTURE(SupervisedFixture, "no retry is announced that the time of the call does not allow") {
  limits({.retries_max = 3});
  auto& hearer = *hearers.emplace_back(std::make_unique<Hearer>());
  core::ChatRequest request;
  request.model = "m";
  request.budget = milliseconds(40);
  hearer.call = provider->start(std::move(request), hearer);
  turn();
  script.newest().break_off(ErrorCode::server, "x");
  CHECK(hearer.heard == Heard{"begun 1", "failed server"});
}

TEST_CASE_FIXTURE(SupervisedFixture, "a call that the breaker rejects at its turn does not count against the minute") {
  // Two calls at once, then one every five seconds.
  limits({.turnstile = {.concurrent_requests_max = 1, .requests_per_minute = 12},
          .breaker = {.failures_max = 1, .open = seconds(1)},
          .retries_max = 0});
  asked();
  auto& next = asked();
  REQUIRE(next.heard == Heard{"queued 1"});
  script.newest().break_off(ErrorCode::transport, "x");  // the slot is granted to a call that is rejected
  turn();
  CHECK(next.heard.back() == "failed overloaded");
  clock.advance(seconds(1));
  CHECK(asked().heard == Heard{"begun 1"});
}
