#include "server/provider/limits/retry_policy.h"

#include <doctest/doctest.h>

#include "server/provider/limits/retry_budget.h"

using namespace plenum;
using namespace plenum::provider;
using std::chrono::seconds;

namespace {

const SteadyTime now{std::chrono::hours(1)};

std::optional<milliseconds> wait_for(ErrorCode code, Attempt attempt = {.retries_max = 3, .now = now},
                                     double random = 0.5) {
  return decide_retry(Error{code, "x"}, attempt, random).wait;
}

Error rate_limit_with_wait(milliseconds wait) {
  Error error{ErrorCode::rate_limit, "x"};
  error.retry_after = wait;
  return error;
}

}  // namespace

TEST_CASE("only failures that may be temporary are retried") {
  for (const auto code :
       {ErrorCode::rate_limit, ErrorCode::overloaded, ErrorCode::timeout, ErrorCode::transport, ErrorCode::server}) {
    CHECK(wait_for(code));
  }
  for (const auto code : {ErrorCode::billing, ErrorCode::authentication, ErrorCode::invalid_request,
                          ErrorCode::content_filter, ErrorCode::truncated, ErrorCode::malformed}) {
    CHECK_FALSE(wait_for(code));
  }
}

TEST_CASE("no retry after a delta was emitted, or after the last retry") {
  CHECK_FALSE(wait_for(ErrorCode::server, {.any_delta = true, .now = now}));
  CHECK(wait_for(ErrorCode::server, {.number = 2, .retries_max = 2, .now = now}));
  CHECK_FALSE(wait_for(ErrorCode::server, {.number = 3, .retries_max = 2, .now = now}));
  CHECK_FALSE(wait_for(ErrorCode::server, {.number = 1, .retries_max = 0, .now = now}));
}

TEST_CASE("waits double from half a second to eight, with full jitter and a minimum") {
  const auto at = [](int number, double random) {
    return *wait_for(ErrorCode::server, {.number = number, .retries_max = 99, .now = now}, random);
  };
  CHECK(at(1, 0.999) == milliseconds(499));
  CHECK(at(2, 0.5) == milliseconds(500));
  CHECK(at(3, 0.5) == milliseconds(1000));
  CHECK(at(5, 0.5) == milliseconds(4000));
  CHECK(at(40, 0.5) == milliseconds(4000));
  CHECK(at(1, 0) == milliseconds(50));
}

TEST_CASE("Retry-After is used, including zero, if it ends before the deadline") {
  const auto wait_of = [](milliseconds requested, Attempt attempt = {.now = now}) {
    return decide_retry(rate_limit_with_wait(requested), attempt, 0.5).wait;
  };
  CHECK(wait_of(seconds(7)) == seconds(7));
  CHECK(wait_of(seconds(0)) == seconds(0));
  CHECK(wait_of(seconds(7), {.now = now, .due = now + seconds(8)}) == seconds(7));
  CHECK_FALSE(wait_of(seconds(7), {.now = now, .due = now + seconds(7)}));
  CHECK_FALSE(wait_of(std::chrono::hours(2)));
  CHECK_FALSE(wait_for(ErrorCode::server, {.now = now, .due = now + milliseconds(200)}));
  CHECK_FALSE(wait_for(ErrorCode::server, {.now = now, .due = now - seconds(1)}));
  CHECK(decide_retry(rate_limit_with_wait(seconds(7)), {.now = now}, 0.5).requested);
  CHECK_FALSE(decide_retry(Error{ErrorCode::rate_limit, "x"}, {.now = now}, 0.5).requested);
}

TEST_CASE("a retry that is not made has a reason, unless no retry could help or none is configured") {
  const auto reason = [](const Error& error, Attempt attempt) { return decide_retry(error, attempt, 0.5).reason; };
  CHECK(reason(rate_limit_with_wait(seconds(90)), {.now = now, .due = now + seconds(60)}) ==
        "not retried: the provider requests a wait of 90 s, longer than the time left");
  CHECK(reason(rate_limit_with_wait(std::chrono::hours(2)), {.now = now}) ==
        "not retried: the provider requests a wait of 7200 s, more than 300 s");
  const Error failure{ErrorCode::server, "x"};
  CHECK(reason(failure, {.now = now, .due = now + milliseconds(10)}) == "not retried: no time is left");
  CHECK(reason(failure, {.number = 3, .retries_max = 2, .now = now}) == "failed 3 times");
  CHECK(reason(failure, {.any_delta = true, .now = now}) == "not retried: a part of the answer was received");
  CHECK(reason(failure, {.number = 1, .retries_max = 0, .now = now}).empty());
  CHECK(reason(Error{ErrorCode::billing, "x"}, {.now = now}).empty());
  CHECK(reason(failure, {.now = now}).empty());
}

TEST_CASE("the budget allows ten retries, then one for every ten successes") {
  RetryBudget budget;
  for (int i = 0; i < 10; ++i) CHECK(budget.take(now));
  CHECK_FALSE(budget.take(now));
  for (int i = 0; i < 9; ++i) budget.on_success();
  CHECK_FALSE(budget.take(now));
  budget.on_success();
  CHECK(budget.take(now));
  for (int i = 0; i < 1000; ++i) budget.on_success();
  for (int i = 0; i < 10; ++i) CHECK(budget.take(now));
  CHECK_FALSE(budget.take(now));
}

TEST_CASE("the budget refills by one retry every six seconds, and holds ten at most") {
  RetryBudget budget;
  for (int i = 0; i < 10; ++i) CHECK(budget.take(now));
  CHECK_FALSE(budget.take(now + seconds(5)));
  CHECK(budget.take(now + seconds(6)));
  CHECK_FALSE(budget.take(now + seconds(11)));
  CHECK(budget.take(now + seconds(12)));
  const auto later = now + std::chrono::hours(1);
  for (int i = 0; i < 10; ++i) CHECK(budget.take(later));
  CHECK_FALSE(budget.take(later));
  CHECK_FALSE(budget.take(later - seconds(30)));  // a loop whose time is behind
}
