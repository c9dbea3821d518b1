#include "server/provider/limits/circuit_breaker.h"

#include <doctest/doctest.h>

using namespace plenum;
using namespace plenum::provider;
using std::chrono::seconds;

namespace {

struct BreakerFixture {
  bool allows_call() {
    const auto token = breaker.try_acquire(now, rejection);
    if (token) breaker.report(*token, Outcome::ignored, {}, now, options);
    return token.has_value();
  }
  void call(Outcome outcome, std::string_view error = "boom") {
    const auto token = breaker.try_acquire(now, rejection);
    REQUIRE(token);
    breaker.report(*token, outcome, error, now, options);
  }
  void open() {
    for (int i = 0; i < 5; ++i) call(Outcome::failure);
  }

  SteadyTime now{std::chrono::hours(1)};
  CircuitBreaker::Rejection rejection;
  CircuitBreakerOptions options;
  CircuitBreaker breaker;
};

}  // namespace

TEST_CASE_FIXTURE(BreakerFixture,
                  "five consecutive failures open the breaker; rejections contain the count, the error and the wait") {
  for (int i = 0; i < 4; ++i) call(Outcome::failure);
  CHECK(allows_call());
  call(Outcome::failure, "connection refused");
  now += seconds(10);
  CHECK_FALSE(allows_call());
  CHECK(rejection.failures == 5);
  CHECK(rejection.last_error == "connection refused");
  CHECK(rejection.retry_in == seconds(20));
  CHECK(breaker.state(now) == CircuitBreaker::State::open);
}

TEST_CASE_FIXTURE(BreakerFixture, "a success resets the count, an ignored outcome does not change it") {
  for (int i = 0; i < 4; ++i) call(Outcome::failure);
  call(Outcome::success);
  for (int i = 0; i < 4; ++i) call(Outcome::failure);
  call(Outcome::ignored);
  CHECK(allows_call());
  call(Outcome::failure);
  CHECK_FALSE(allows_call());
}

TEST_CASE_FIXTURE(BreakerFixture, "after the cooldown one trial call is allowed, and its success closes the breaker") {
  open();
  now += seconds(30);
  CHECK(breaker.state(now) == CircuitBreaker::State::half_open);
  const auto trial = breaker.try_acquire(now, rejection);
  REQUIRE(trial);
  CHECK(trial->trial);
  CHECK_FALSE(allows_call());
  breaker.report(*trial, Outcome::success, {}, now, options);
  CHECK(allows_call());
  CHECK(breaker.state(now) == CircuitBreaker::State::closed);
}

TEST_CASE_FIXTURE(BreakerFixture, "a failed trial call opens the breaker for another cooldown") {
  open();
  now += seconds(30);
  call(Outcome::failure);
  now += seconds(29);
  CHECK_FALSE(allows_call());
  CHECK(rejection.failures == 6);
  now += seconds(1);
  CHECK(allows_call());
}

TEST_CASE_FIXTURE(BreakerFixture, "after a cancelled trial call the next call is the trial") {
  open();
  now += seconds(30);
  call(Outcome::ignored);
  CHECK(breaker.state(now) == CircuitBreaker::State::half_open);
  call(Outcome::success);
  CHECK(breaker.state(now) == CircuitBreaker::State::closed);
}

TEST_CASE_FIXTURE(BreakerFixture, "calls from before the breaker opened neither close it nor extend its cooldown") {
  const auto early = breaker.try_acquire(now, rejection), late = breaker.try_acquire(now, rejection);
  open();
  now += seconds(20);
  breaker.report(*early, Outcome::success, {}, now, options);
  CHECK_FALSE(allows_call());
  breaker.report(*late, Outcome::failure, "late", now, options);
  now += seconds(10);
  CHECK(allows_call());
}

TEST_CASE("each error code maps to an outcome") {
  const auto outcome = [](ErrorCode code) { return outcome_of(Error{code, "x"}); };
  CHECK(outcome_of(std::nullopt) == Outcome::success);
  for (const auto code : {ErrorCode::overloaded, ErrorCode::timeout, ErrorCode::transport, ErrorCode::server}) {
    CHECK(outcome(code) == Outcome::failure);
  }
  for (const auto code :
       {ErrorCode::rate_limit, ErrorCode::billing, ErrorCode::authentication, ErrorCode::content_filter}) {
    CHECK(outcome(code) == Outcome::success);
  }
  for (const auto code :
       {ErrorCode::truncated, ErrorCode::malformed, ErrorCode::invalid_request, ErrorCode::no_usable_answer}) {
    CHECK(outcome(code) == Outcome::ignored);
  }
  CHECK(outcome_of(Error{ErrorCode::server, "the answer is empty"}, true) == Outcome::ignored);
}
