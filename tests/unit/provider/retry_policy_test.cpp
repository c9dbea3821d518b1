#include "server/provider/limits/retry_policy.h"

#include <doctest/doctest.h>

#include "server/provider/limits/price_table.h"

using namespace plenum;
using namespace plenum::provider;
using std::chrono::seconds;

namespace {

const SteadyTime now{std::chrono::hours(1)};

std::optional<milliseconds> wait_for(ErrorCode code, Attempt attempt = {.retries_max = 3, .now = now},
                                     double random = 0.5) {
  return retry_wait(Error{code, "x"}, attempt, random);
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
  CHECK(retry_wait(rate_limit_with_wait(seconds(7)), {.now = now}, 0.5) == seconds(7));
  CHECK(retry_wait(rate_limit_with_wait(seconds(0)), {.now = now}, 0.5) == seconds(0));
  CHECK(retry_wait(rate_limit_with_wait(seconds(7)), {.now = now, .due = now + seconds(8)}, 0.5) == seconds(7));
  CHECK_FALSE(retry_wait(rate_limit_with_wait(seconds(7)), {.now = now, .due = now + seconds(7)}, 0.5));
  CHECK_FALSE(retry_wait(rate_limit_with_wait(std::chrono::hours(2)), {.now = now}, 0.5));
  CHECK_FALSE(wait_for(ErrorCode::server, {.now = now, .due = now + milliseconds(200)}));
  CHECK_FALSE(wait_for(ErrorCode::server, {.now = now, .due = now - seconds(1)}));
}

TEST_CASE("the budget allows ten retries, then one for every ten successes") {
  RetryBudget budget;
  for (int i = 0; i < 10; ++i) CHECK(budget.take());
  CHECK_FALSE(budget.take());
  for (int i = 0; i < 9; ++i) budget.on_success();
  CHECK_FALSE(budget.take());
  budget.on_success();
  CHECK(budget.take());
  for (int i = 0; i < 1000; ++i) budget.on_success();
  for (int i = 0; i < 10; ++i) CHECK(budget.take());
  CHECK_FALSE(budget.take());
}

TEST_CASE("a cost is estimated from usage, and unknown without a price or without counts") {
  Usage usage;
  usage.prompt_tokens = 1'000'000;
  usage.completion_tokens = 500'000;
  const Price price{2.0, 8.0, 0.5, 3.0};
  CHECK(estimated_cost(&price, usage) == Cost{6.0, CostOrigin::estimated});
  usage.cached_input_tokens = 400'000;
  usage.cache_write_tokens = 100'000;
  CHECK(*estimated_cost(&price, usage).usd == doctest::Approx(1.0 + 0.2 + 0.3 + 4.0));
  const Price plain{2.0, 8.0, std::nullopt, std::nullopt};
  CHECK(*estimated_cost(&plain, usage).usd == doctest::Approx(6.0));
  CHECK(estimated_cost(nullptr, usage) == Cost{});
  usage.completion_tokens.reset();
  CHECK(estimated_cost(&price, usage) == Cost{});
}

TEST_CASE("a model's own price takes precedence over the row `*`") {
  PriceTable prices;
  CHECK(prices.find("m") == nullptr);
  prices.set("*", {1, 1, {}, {}});
  prices.set("m", {2, 2, {}, {}});
  CHECK(prices.find("m")->input == 2);
  CHECK(prices.find("other")->input == 1);
}
