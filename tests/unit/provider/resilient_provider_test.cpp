// Limits, circuit breaker, retries and costs of calls to a scripted provider.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/provider/limits/resilient_provider.h"
#include "tests/support/fixed_prices.h"
#include "tests/support/manual_clock.h"
#include "tests/support/upstream/scripted_providers.h"

using namespace plenum;
using namespace plenum::provider;
using core::ChatNotice;
using std::chrono::seconds;

namespace {

// One attempt of the script, as a client reports it.
struct ScriptedAttempt final : core::ChatCall, core::ChatListener {
  ScriptedAttempt(core::DeltaListener& to, core::AttemptListener& of, std::optional<core::Rejection>& next)
      : deltas(to), attempt(of), rejection(next) {}
  void on_text(std::string_view delta) override {
    any_delta = true;
    deltas.on_text(delta);
  }
  void on_reasoning(std::string_view delta) override {
    any_delta = true;
    deltas.on_reasoning(delta);
  }
  void on_end(core::ChatEnd end) override {
    end.any_delta = any_delta;
    const bool missing = end.error && end.error->message == "no such model";
    attempt.on_attempt_end({std::move(end), std::exchange(rejection, std::nullopt), missing});
  }

  core::DeltaListener& deltas;
  core::AttemptListener& attempt;
  std::optional<core::Rejection>& rejection;
  bool any_delta = false;
  std::unique_ptr<core::ChatCall> call;
};

struct ScriptedClient final : core::ModelClient {
  explicit ScriptedClient(tests::ScriptedProviders& all) : script(all) {}
  std::unique_ptr<core::ChatCall> start(core::ChatRequest request, core::DeltaListener& deltas,
                                        core::AttemptListener& attempt) override {
    auto started = std::make_unique<ScriptedAttempt>(deltas, attempt, rejection);
    started->call = script.start("up", std::move(request), *started);
    return started;
  }
  tests::ScriptedProviders& script;
  std::optional<core::Rejection> rejection;  // of the next attempt that ends
};

struct Listener final : core::ChatListener {
  void note(std::string what) {
    events.push_back(std::move(what));
    if (events.back() == destroy_at) call.reset();
  }
  void on_text(std::string_view delta) override { note("text " + std::string(delta)); }
  void on_reasoning(std::string_view delta) override { note("reasoning " + std::string(delta)); }
  void on_notice(const ChatNotice& notice) override {
    if (notice.kind == ChatNotice::Kind::retrying) {
      wait = notice.wait;
      cost = notice.cost;
      parameter = notice.parameter;
      next_model = notice.next_model;
    }
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

  std::vector<std::string> events;
  std::string destroy_at;  // destroys the call in this callback
  milliseconds wait{-1};   // of the last retry or repetition, as the two below
  std::string parameter, next_model;
  Cost cost;
  core::ChatEnd end;
  std::unique_ptr<core::ChatCall> call;
};

using Events = std::vector<std::string>;

struct ResilientFixture {
  void limits(ProviderLimitsOptions options) {
    options.provider = "up";
    state = std::make_unique<ProviderLimits>(std::move(options));
    auto scripted = std::make_unique<ScriptedClient>(script);
    client = scripted.get();
    provider = std::make_unique<ResilientProvider>(loop, *state, std::move(scripted), 7);
  }
  Listener& start(SteadyTime due = SteadyTime::max(), std::string model = "m",
                  std::vector<std::string> substitutes = {}, bool capped = false) {
    auto& listener = *listeners.emplace_back(std::make_unique<Listener>());
    core::ChatRequest request;
    request.substitutes = std::move(substitutes);
    request.max_tokens_required = capped;
    request.model = std::move(model);
    request.due = due;
    listener.call = provider->start(std::move(request), listener);
    REQUIRE(listener.events.empty());
    return listener;
  }
  void run_loop() {
    for (int i = 0; i < 3; ++i) loop.run_once(milliseconds(0));
  }
  void advance(std::chrono::nanoseconds time) {
    clock.advance(time);
    run_loop();
  }
  Listener& started(SteadyTime due = SteadyTime::max(), std::string model = "m") {
    auto& listener = start(due, std::move(model));
    run_loop();
    return listener;
  }
  Listener& started_with(std::string model) { return started(SteadyTime::max(), std::move(model)); }
  // The newest attempt ends with an error that rejects these forms.
  void reject(core::ParameterForms forms, bool lasting = true) {
    client->rejection = core::Rejection{{forms, {}}, lasting};
    script.newest().break_off(ErrorCode::invalid_request, "up: rejected");
    run_loop();
  }
  void limit_tokens(int maximum) {
    client->rejection = core::Rejection{{{}, maximum}, true};
    script.newest().break_off(ErrorCode::invalid_request, "up: too many");
    run_loop();
  }

  tests::ManualClock clock;
  runtime::EventLoop loop{clock};
  tests::ScriptedProviders script;
  std::unique_ptr<ProviderLimits> state;
  ScriptedClient* client = nullptr;
  std::unique_ptr<ResilientProvider> provider;
  std::vector<std::unique_ptr<Listener>> listeners;
};

}  // namespace

TEST_CASE_FIXTURE(ResilientFixture, "a successful call reports its start and all deltas") {
  limits({});
  auto& listener = started();
  script.newest().reasoning("hm");
  script.newest().answer("yes");
  CHECK(listener.events == Events{"begun 1", "reasoning hm", "text yes", "ok"});
  CHECK(state->limiter.counts().in_flight == 0);
}

TEST_CASE_FIXTURE(ResilientFixture, "a failure before the first delta is retried after a wait") {
  limits({.retries_max = 2});
  auto& listener = started();
  script.newest().break_off(ErrorCode::server, "first");
  CHECK(listener.events == Events{"begun 1", "retrying 1 server"});
  CHECK(listener.wait >= milliseconds(50));
  CHECK(listener.wait <= milliseconds(500));
  CHECK(script.count() == 1);
  advance(milliseconds(500));
  script.newest().break_off(ErrorCode::overloaded, "second");
  advance(seconds(1));
  CHECK(script.newest().request.model == "m");
  script.newest().break_off(ErrorCode::server, "third");
  CHECK(listener.events ==
        Events{"begun 1", "retrying 1 server", "begun 2", "retrying 2 overloaded", "begun 3", "failed server"});
  CHECK(listener.end.error->message == "third; failed 3 times");
}

TEST_CASE_FIXTURE(ResilientFixture, "an attempt that has emitted a delta is not retried") {
  limits({.retries_max = 3});
  for (const bool reasoning : {false, true}) {
    auto& listener = started();
    if (reasoning) {
      script.newest().reasoning("a");
    } else {
      script.newest().text("a");
    }
    script.newest().break_off(ErrorCode::transport, "reset");
    CHECK(listener.events.back() == "failed transport");
  }
  CHECK(script.count() == 2);
}

TEST_CASE_FIXTURE(ResilientFixture, "a wait beyond the deadline ends the call with its error") {
  limits({});
  auto& listener = started(clock.steady() + milliseconds(40));
  script.newest().break_off(ErrorCode::rate_limit, "slow down");
  CHECK(listener.events.back() == "failed rate_limit");
  CHECK(listener.end.error->message.find("slow down; not retried: ") == 0);
}

TEST_CASE_FIXTURE(ResilientFixture, "a call that waits for its retry holds no slot") {
  limits({.concurrency = {.concurrent_requests_max = 1}});
  auto& first = started();
  auto& second = started();
  CHECK(second.events == Events{"queued 1"});
  script.newest().break_off(ErrorCode::server, "x");
  run_loop();
  CHECK(second.events == Events{"queued 1", "begun 1"});
  advance(seconds(1));
  CHECK(first.events == Events{"begun 1", "retrying 1 server", "queued 1"});
  script.newest().answer("b");
  run_loop();
  script.newest().answer("a");
  CHECK(first.events.back() == "ok");
}

TEST_CASE_FIXTURE(ResilientFixture, "a call beyond the queue limit fails with overloaded, outside of start()") {
  limits({.concurrency = {.concurrent_requests_max = 1, .queue_max = 1}});
  started(), started();
  auto& third = started();
  CHECK(third.events == Events{"failed overloaded"});
  CHECK(third.end.error->message.find("up: the queue of this provider is full (1 calls)") == 0);
  CHECK(third.end.cost == Cost{0.0, CostOrigin::estimated});
}

TEST_CASE_FIXTURE(ResilientFixture, "an open breaker ends calls at once, with provider, failures and last error") {
  limits({.retries_max = 0});
  for (int i = 0; i < 5; ++i) {
    started();
    script.newest().break_off(ErrorCode::transport, "up: reset");
  }
  auto& rejected = started();
  CHECK(script.count() == 5);
  CHECK(rejected.events == Events{"failed overloaded"});
  CHECK(rejected.end.error->message ==
        "up: circuit breaker of the model m open after 5 consecutive failures; last error: up: reset");
  CHECK(rejected.end.error->retry_after == seconds(30));
  clock.advance(seconds(30));
  auto& trial = started();
  CHECK(started().events == Events{"failed overloaded"});
  script.newest().answer("back");
  CHECK(trial.events.back() == "ok");
  CHECK(started().events == Events{"begun 1"});
}

TEST_CASE_FIXTURE(ResilientFixture, "answers that ended in order do not open the breaker, whatever they lack") {
  limits({.retries_max = 0});
  for (int i = 0; i < 10; ++i) {
    auto& listener = started();
    if (i % 2 == 0) {
      script.newest().end_unusable(ErrorCode::server, "the answer is empty");
    } else {
      script.newest().end_unusable(ErrorCode::no_usable_answer, "the model called a tool instead of answering");
    }
    CHECK_FALSE(listener.end.ok);
  }
  CHECK(started().events == Events{"begun 1"});
}

TEST_CASE_FIXTURE(ResilientFixture, "an empty answer is retried, a tool call is not: it would be the same again") {
  limits({.retries_max = 1});
  auto& empty = started();
  script.newest().end_unusable(ErrorCode::server, "the answer is empty");
  CHECK(empty.events.back() == "retrying 1 server");
  auto& tool = started();
  script.newest().end_unusable(ErrorCode::no_usable_answer, "the model called a tool instead of answering");
  CHECK(tool.events == Events{"begun 1", "failed no_usable_answer"});
}

TEST_CASE_FIXTURE(ResilientFixture, "queued calls end when the breaker opens") {
  // One call at once, the next one after 10 s.
  limits({.concurrency = {.requests_per_minute = 6}, .breaker = {.failures_max = 1}, .retries_max = 0});
  auto& dead = started();
  auto& next = started();
  auto& later = started();
  later.destroy_at = "failed overloaded";  // and is destroyed then
  REQUIRE(later.events.back() == "queued 2");
  script.newest().break_off(ErrorCode::transport, "up: reset");
  run_loop();
  CHECK(dead.events.back() == "failed transport");
  for (const auto* waiting : {&next, &later}) {
    CHECK(waiting->events.back() == "failed overloaded");
    REQUIRE(waiting->end.error);
    CHECK(waiting->end.error->message ==
          "up: circuit breaker of the model m open after 1 consecutive failures; last error: up: reset");
    CHECK(waiting->end.cost == Cost{0.0, CostOrigin::estimated});
  }
  CHECK(script.count() == 1);
  CHECK(state->limiter.counts().waiting == 0);
  CHECK(state->limiter.counts().in_flight == 0);
}

TEST_CASE_FIXTURE(ResilientFixture, "a call granted while the breaker opens is rejected once") {
  limits({.concurrency = {.concurrent_requests_max = 1}, .breaker = {.failures_max = 1}, .retries_max = 0});
  started();
  auto& next = started();
  script.newest().break_off(ErrorCode::transport, "x");
  run_loop();
  CHECK(next.events == Events{"queued 1", "failed overloaded"});
  CHECK(state->limiter.counts().in_flight == 0);
}

TEST_CASE_FIXTURE(ResilientFixture, "after a cancelled trial call the next call is the trial") {
  limits({.retries_max = 0});
  for (int i = 0; i < 5; ++i) {
    started();
    script.newest().break_off(ErrorCode::transport, "x");
  }
  clock.advance(seconds(30));
  auto& trial = started();
  CHECK(trial.events == Events{"begun 1"});
  trial.call.reset();
  CHECK(started().events == Events{"begun 1"});
}

TEST_CASE_FIXTURE(ResilientFixture, "no retry is scheduled that the breaker would reject") {
  limits({.retries_max = 3});
  for (int i = 0; i < 4; ++i) {
    started();
    script.newest().break_off(ErrorCode::server, "x");
  }
  auto& fifth = started();
  script.newest().break_off(ErrorCode::server, "fifth");
  CHECK(fifth.events == Events{"begun 1", "failed server"});
  CHECK(fifth.end.error->message == "fifth; not retried: the circuit breaker of the model m is open");
}

TEST_CASE_FIXTURE(ResilientFixture, "retries stop when the retry budget is exhausted") {
  limits({.breaker = {.failures_max = 1000}, .retries_max = 1});
  for (int i = 0; i < 10; ++i) {
    auto& listener = started();
    script.newest().break_off(ErrorCode::server, "x");
    CHECK(listener.events.back() == "retrying 1 server");
  }
  auto& late = started();
  script.newest().break_off(ErrorCode::server, "x");
  CHECK(late.events.back() == "failed server");
  CHECK(late.end.error->message == "x; not retried: the retry budget of up is used up");
}

TEST_CASE_FIXTURE(ResilientFixture, "a listener may destroy the call in every callback") {
  for (const std::string destroy_at :
       {"queued 1", "begun 1", "retrying 1 server", "text a", "reasoning r", "failed server"}) {
    CAPTURE(destroy_at);
    limits({.concurrency = {.concurrent_requests_max = 1}, .retries_max = destroy_at == "failed server" ? 0 : 1});
    std::unique_ptr<Listener> blocker = std::make_unique<Listener>();
    if (destroy_at == "queued 1") {
      blocker->call = provider->start({}, *blocker);
      run_loop();
    }
    auto& listener = start();
    listener.destroy_at = destroy_at;
    run_loop();
    if (listener.call && destroy_at == "text a") script.newest().text("a");
    if (listener.call && destroy_at == "reasoning r") script.newest().reasoning("r");
    if (listener.call && script.newest().open()) script.newest().break_off(ErrorCode::server, "x");
    advance(seconds(20));
    CHECK(listener.events.back() == destroy_at);
    CHECK(listener.call == nullptr);
    blocker.reset();
    CHECK(state->limiter.counts().in_flight == 0);
    CHECK(state->limiter.counts().waiting == 0);
    CHECK(script.open_count() == 0);
  }
}

TEST_CASE_FIXTURE(ResilientFixture, "a reported cost is used, others are estimated if a price is known") {
  ProviderLimitsOptions options;
  options.prices = tests::fixed_prices({{"m", 1.0, 2.0}});
  limits(std::move(options));
  Usage usage;
  usage.prompt_tokens = 1'000'000;
  usage.completion_tokens = 1'000'000;
  auto& reported = started();
  script.newest().end_well(usage, Cost{9.0, CostOrigin::reported});
  CHECK(reported.end.cost == Cost{9.0, CostOrigin::reported});
  auto& estimated = started();
  script.newest().end_well(usage);
  CHECK(estimated.end.cost == Cost{3.0, CostOrigin::estimated});
  auto& unknown = started();
  script.newest().end_well();
  CHECK(unknown.end.cost == Cost{});
}

TEST_CASE_FIXTURE(ResilientFixture, "ten successful calls refill the retry budget by one retry") {
  limits({.breaker = {.failures_max = 1000}, .retries_max = 1});
  const auto fails = [this] {
    auto& listener = started();
    script.newest().break_off(ErrorCode::server, "x");
    const std::string events = listener.events.back();
    listener.call.reset();
    return events;
  };
  for (int i = 0; i < 10; ++i) CHECK(fails() == "retrying 1 server");
  CHECK(fails() == "failed server");
  for (int i = 0; i < 10; ++i) {
    started();
    script.newest().answer("yes");
  }
  CHECK(fails() == "retrying 1 server");
  CHECK(fails() == "failed server");
}

TEST_CASE_FIXTURE(ResilientFixture, "no retry is announced beyond the budget of the call") {
  limits({.retries_max = 3});
  auto& listener = *listeners.emplace_back(std::make_unique<Listener>());
  core::ChatRequest request;
  request.model = "m";
  request.budget = milliseconds(40);
  listener.call = provider->start(std::move(request), listener);
  run_loop();
  script.newest().break_off(ErrorCode::server, "x");
  CHECK(listener.events == Events{"begun 1", "failed server"});
}

TEST_CASE_FIXTURE(ResilientFixture, "a call rejected by the breaker does not count against the rate limit") {
  // Two calls at once, then one every five seconds.
  limits({.concurrency = {.concurrent_requests_max = 1, .requests_per_minute = 12},
          .breaker = {.failures_max = 1, .cooldown = seconds(1)},
          .retries_max = 0});
  started();
  auto& next = started();
  REQUIRE(next.events == Events{"queued 1"});
  script.newest().break_off(ErrorCode::transport, "x");  // the slot is granted to a call that is then rejected
  run_loop();
  CHECK(next.events.back() == "failed overloaded");
  clock.advance(seconds(1));
  CHECK(started().events == Events{"begun 1"});
}

TEST_CASE_FIXTURE(ResilientFixture, "a rejected parameter is omitted at once, and from the start of later calls") {
  limits({.breaker = {.failures_max = 1}, .retries_max = 0});
  auto& first = started();
  reject({core::ParameterForm::temperature});
  CHECK(first.events == Events{"begun 1", "retrying 1 invalid_request", "begun 2"});
  CHECK(first.wait == milliseconds(0));
  CHECK(first.parameter == "temperature");
  CHECK(script.newest().request.restrictions.rejected == core::ParameterForms{core::ParameterForm::temperature});
  script.newest().answer("yes");
  CHECK(first.events.back() == "ok");
  started();
  CHECK(script.newest().request.restrictions.rejected.contains(core::ParameterForm::temperature));
  started_with("other");
  CHECK(script.newest().request.restrictions == core::ModelRestrictions());
}

TEST_CASE_FIXTURE(ResilientFixture, "a repetition counts neither as a retry nor against the retry budget") {
  limits({.retries_max = 1});
  for (int i = 0; i < 30; ++i) {
    auto& listener = started_with("m" + std::to_string(i));
    reject({core::ParameterForm::temperature});
    reject({core::ParameterForm::top_p});
    script.newest().answer("yes");
    CHECK(listener.events.back() == "ok");
  }
  auto& listener = started_with("n");
  reject({core::ParameterForm::stop});
  script.newest().break_off(ErrorCode::server, "x");
  CHECK(listener.events.back() == "retrying 2 server");
}

TEST_CASE_FIXTURE(ResilientFixture, "each form is rejected once per call, after that the call fails with the error") {
  limits({});
  auto& listener = started();
  reject({core::ParameterForm::seed});
  reject({core::ParameterForm::seed});
  CHECK(listener.events.back() == "failed invalid_request");
  CHECK(listener.end.error->message == "up: rejected");
}

TEST_CASE_FIXTURE(ResilientFixture,
                  "a smaller token limit is used for the call and remembered, and lowered twice at most") {
  limits({});
  auto& listener = started();
  limit_tokens(8192);
  CHECK(listener.parameter == "max_tokens");
  CHECK(script.newest().request.restrictions.max_tokens == 8192);
  limit_tokens(4096);
  limit_tokens(2048);
  CHECK(listener.events.back() == "failed invalid_request");
  started();
  CHECK(script.newest().request.restrictions.max_tokens == 4096);
}

TEST_CASE_FIXTURE(ResilientFixture, "a rejection that depends on the request is not remembered") {
  limits({});
  auto& listener = started();
  reject({core::ParameterForm::response_format}, false);
  CHECK(script.newest().request.restrictions.rejected.contains(core::ParameterForm::response_format));
  script.newest().answer("yes");
  CHECK(listener.events.back() == "ok");
  started();
  CHECK(script.newest().request.restrictions == core::ModelRestrictions());
}

TEST_CASE_FIXTURE(ResilientFixture, "no repetition starts after the deadline of the caller") {
  limits({});
  auto& listener = started(clock.steady() + seconds(1));
  clock.advance(seconds(1));
  reject({core::ParameterForm::seed});
  CHECK(listener.events == Events{"begun 1", "failed invalid_request"});
}

TEST_CASE_FIXTURE(ResilientFixture, "two dead models of five do not stop calls to the others") {
  limits({.retries_max = 0});
  const auto fail = [&](const std::string& model) {
    started_with(model);
    script.newest().break_off(ErrorCode::overloaded, "503");
  };
  for (int i = 0; i < 5; ++i) fail("dead");
  for (int i = 0; i < 5; ++i) fail("gone");
  CHECK(started_with("dead").events == Events{"failed overloaded"});
  for (int round = 0; round < 3; ++round) {
    for (const std::string model : {"a", "b", "c"}) {
      auto& listener = started_with(model);
      CHECK(listener.events == Events{"begun 1"});
      script.newest().answer("yes");
      CHECK(listener.events.back() == "ok");
    }
    started_with("dead");
    started_with("gone");
  }
}

TEST_CASE_FIXTURE(ResilientFixture, "a wait that the provider requests never uses up the retry budget") {
  limits({.retries_max = 2});
  for (int council = 0; council < 20; ++council) {
    for (int member = 0; member < 5; ++member) {
      auto& listener = started_with("m" + std::to_string(member));
      script.newest().break_off(Error{ErrorCode::rate_limit, "HTTP 429", {}, seconds(1)});
      CHECK(listener.events.back() == "retrying 1 rate_limit");
      CHECK(listener.wait == seconds(1));
      advance(seconds(1));
      script.newest().answer("yes");
      CHECK(listener.events.back() == "ok");
    }
  }
}

TEST_CASE_FIXTURE(ResilientFixture,
                  "a default model that the provider does not have is replaced by the next one, and later calls know") {
  limits({.retries_max = 0});
  auto& listener = start(SteadyTime::max(), "new", {"newer", "old"});
  run_loop();
  for (const char* model : {"new", "newer"}) {
    CHECK(script.newest().request.model == model);
    script.newest().break_off(ErrorCode::invalid_request, "no such model");
    run_loop();
  }
  CHECK(listener.next_model == "old");
  CHECK(listener.wait == milliseconds(0));
  script.newest().answer("yes");
  CHECK(listener.events == Events{"begun 1", "retrying 1 invalid_request", "begun 2", "retrying 2 invalid_request",
                                  "begun 3", "text yes", "ok"});
  CHECK(listener.end.generation.model == "old");
  auto& later = start(SteadyTime::max(), "new", {"newer", "old"});
  run_loop();
  CHECK(script.newest().request.model == "old");
  script.newest().answer("yes");
  CHECK(later.events == Events{"begun 1", "text yes", "ok"});
  CHECK(later.end.generation.model == "old");
}

TEST_CASE_FIXTURE(ResilientFixture,
                  "a named model, the last default one and a call under a cost limit are not replaced") {
  limits({.retries_max = 0});
  auto& named = started_with("named");
  script.newest().break_off(ErrorCode::invalid_request, "no such model");
  CHECK(named.events == Events{"begun 1", "failed invalid_request"});
  auto& capped = start(SteadyTime::max(), "new", {"old"}, true);
  run_loop();
  script.newest().break_off(ErrorCode::invalid_request, "no such model");
  CHECK(capped.events == Events{"begun 1", "failed invalid_request"});
  auto& other = start(SteadyTime::max(), "fine", {"old"});
  run_loop();
  script.newest().break_off(ErrorCode::invalid_request, "another error");
  CHECK(other.events == Events{"begun 1", "failed invalid_request"});
  state->missing_models.clear();
  CHECK_FALSE(state->missing_models.contains("new"));
}
