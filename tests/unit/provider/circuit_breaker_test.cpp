#include "server/provider/limits/circuit_breaker.h"

#include <doctest/doctest.h>

using namespace plenum;
using namespace plenum::provider;
using std::chrono::seconds;

namespace {

struct BreakerFixture {
  bool lets_in() {
    const auto pass = breaker.enter(now, refusal);
    if (pass) breaker.settle(*pass, Health::neither, {}, now);
    return pass.has_value();
  }
  void call(Health health, std::string_view why = "boom") {
    const auto pass = breaker.enter(now, refusal);
    REQUIRE(pass);
    breaker.settle(*pass, health, why, now);
  }
  void open() {
    for (int i = 0; i < 5; ++i) call(Health::bad);
  }

  SteadyTime now{std::chrono::hours(1)};
  CircuitBreaker::Refusal refusal;
  CircuitBreaker breaker;
};

}  // namespace

TEST_CASE_FIXTURE(BreakerFixture, "five failures in a row open the breaker, which names them and the wait") {
  for (int i = 0; i < 4; ++i) call(Health::bad);
  CHECK(lets_in());
  call(Health::bad, "connection refused");
  now += seconds(10);
  CHECK_FALSE(lets_in());
  CHECK(refusal.failures == 5);
  CHECK(refusal.last == "connection refused");
  CHECK(refusal.wait == seconds(20));
  CHECK(breaker.state(now) == CircuitBreaker::State::open);
}

TEST_CASE_FIXTURE(BreakerFixture, "a good answer begins the count anew, one that says nothing leaves it") {
  for (int i = 0; i < 4; ++i) call(Health::bad);
  call(Health::good);
  for (int i = 0; i < 4; ++i) call(Health::bad);
  call(Health::neither);
  CHECK(lets_in());
  call(Health::bad);
  CHECK_FALSE(lets_in());
}

TEST_CASE_FIXTURE(BreakerFixture, "after the wait one call is the probe, and its success closes") {
  open();
  now += seconds(30);
  CHECK(breaker.state(now) == CircuitBreaker::State::half_open);
  const auto probe = breaker.enter(now, refusal);
  REQUIRE(probe);
  CHECK(probe->probe);
  CHECK_FALSE(lets_in());
  breaker.settle(*probe, Health::good, {}, now);
  CHECK(lets_in());
  CHECK(breaker.state(now) == CircuitBreaker::State::closed);
}

TEST_CASE_FIXTURE(BreakerFixture, "a probe that fails opens again for the whole wait") {
  open();
  now += seconds(30);
  call(Health::bad);
  now += seconds(29);
  CHECK_FALSE(lets_in());
  CHECK(refusal.failures == 6);
  now += seconds(1);
  CHECK(lets_in());
}

TEST_CASE_FIXTURE(BreakerFixture, "a probe that is cancelled gives its place to the next call") {
  open();
  now += seconds(30);
  call(Health::neither);
  CHECK(breaker.state(now) == CircuitBreaker::State::half_open);
  call(Health::good);
  CHECK(breaker.state(now) == CircuitBreaker::State::closed);
}

TEST_CASE_FIXTURE(BreakerFixture, "calls that began before the breaker opened neither close it nor lengthen its wait") {
  const auto early = breaker.enter(now, refusal), late = breaker.enter(now, refusal);
  open();
  now += seconds(20);
  breaker.settle(*early, Health::good, {}, now);
  CHECK_FALSE(lets_in());
  breaker.settle(*late, Health::bad, "late", now);
  now += seconds(10);
  CHECK(lets_in());
}

TEST_CASE("what a failure says about its provider") {
  const auto health = [](ErrorCode code) { return health_of(Error{code, "x"}); };
  CHECK(health_of(std::nullopt) == Health::good);
  for (const auto code : {ErrorCode::overloaded, ErrorCode::timeout, ErrorCode::transport, ErrorCode::server}) {
    CHECK(health(code) == Health::bad);
  }
  for (const auto code : {ErrorCode::rate_limit, ErrorCode::billing, ErrorCode::authentication,
                          ErrorCode::invalid_request, ErrorCode::content_filter}) {
    CHECK(health(code) == Health::good);
  }
  for (const auto code : {ErrorCode::truncated, ErrorCode::malformed}) CHECK(health(code) == Health::neither);
}
