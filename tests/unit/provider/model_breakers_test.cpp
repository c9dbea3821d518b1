#include "server/provider/limits/model_breakers.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace plenum;
using namespace plenum::provider;
using std::chrono::seconds;
using State = CircuitBreaker::State;

namespace {

struct BreakersFixture {
  ModelBreakers::Permit begin(const std::string& model) {
    CircuitBreaker::Rejection why;
    const auto permit = breakers.try_acquire(model, now, why);
    REQUIRE(permit);
    return *permit;
  }
  void call(const std::string& model, Outcome outcome) { breakers.report(begin(model), outcome, "boom", now); }
  void open(const std::string& model) {
    for (int i = 0; i < 5; ++i) call(model, Outcome::failure);
    REQUIRE(rejects(model));
  }
  bool rejects(const std::string& model) const { return breakers.rejection(model, now).has_value(); }
  State whole() const { return breakers.status(now).state; }

  SteadyTime now{std::chrono::hours(1)};
  ModelBreakers breakers;
};

}  // namespace

TEST_CASE_FIXTURE(BreakersFixture, "each model has its own breaker") {
  open("a");
  CHECK_FALSE(rejects("b"));
  call("b", Outcome::success);
  CHECK(breakers.status(now).open_models == std::vector<std::string>{"a"});
  CHECK(whole() == State::closed);
}

TEST_CASE_FIXTURE(BreakersFixture, "the breaker of the only model is the state of the provider") {
  CHECK(whole() == State::closed);
  open("a");
  CHECK(whole() == State::open);
  CHECK(breakers.status(now).retry_in == seconds(30));
  now += seconds(30);
  CHECK(whole() == State::half_open);
  call("a", Outcome::success);
  CHECK(whole() == State::closed);
}

TEST_CASE_FIXTURE(BreakersFixture, "the provider as a whole is open when two models are and no other one works") {
  open("a");
  open("b");
  CHECK(whole() == State::open);
  SUBCASE("a call in flight to another model") {
    const auto permit = begin("c");
    CHECK(whole() == State::closed);
    breakers.report(permit, Outcome::ignored, {}, now);
    CHECK(whole() == State::open);
  }
  SUBCASE("a success of another model") {
    now += seconds(1);
    call("c", Outcome::success);
    CHECK(whole() == State::closed);
    CHECK(breakers.status(now).open_models == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE_FIXTURE(BreakersFixture, "a success from before the first model opened does not count") {
  call("c", Outcome::success);
  now += seconds(1);
  open("a");
  open("b");
  CHECK(whole() == State::open);
}

TEST_CASE_FIXTURE(BreakersFixture, "while the provider as a whole is open, one failure opens a further model") {
  open("a");
  open("b");
  call("c", Outcome::failure);
  CHECK(rejects("c"));
  call("d", Outcome::success);  // the provider works again
  call("e", Outcome::failure);
  CHECK_FALSE(rejects("e"));
}

TEST_CASE_FIXTURE(BreakersFixture, "beyond the maximum the model that was unused for the longest time is dropped") {
  const auto name = [](std::size_t i) { return "m" + std::to_string(i); };
  const auto models = ModelTable<int>::models_max;
  open("open");
  const auto busy = begin("busy");
  for (std::size_t i = 0; i + 2 < models; ++i) {
    for (int k = 0; k < 4; ++k) call(name(i), Outcome::failure);
  }
  call("one more", Outcome::success);
  call(name(0), Outcome::failure);  // its four failures were dropped
  CHECK_FALSE(rejects(name(0)));
  CHECK(rejects("open"));
  breakers.report(busy, Outcome::success, {}, now);
  now += seconds(30);
  for (std::size_t i = 0; i < models; ++i) call("n" + std::to_string(i), Outcome::success);
  CHECK_FALSE(rejects("open"));  // after its cooldown it was dropped as well
}

TEST_CASE_FIXTURE(BreakersFixture, "with calls to the maximum of models in flight, a further model has no breaker") {
  std::vector<ModelBreakers::Permit> permits;
  for (std::size_t i = 0; i < ModelTable<int>::models_max; ++i) permits.push_back(begin("m" + std::to_string(i)));
  for (int i = 0; i < 10; ++i) call("one more", Outcome::failure);
  CHECK_FALSE(rejects("one more"));
  for (const auto& permit : permits) breakers.report(permit, Outcome::success, {}, now);
  open("one more");
}
