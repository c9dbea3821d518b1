#include "server/workflow/run/state/budget_queue.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "server/workflow/definition/workflow_compiler.h"
#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/run/state/estimate.h"

namespace plenum::workflow {

namespace {

using AdmissionVerdict = BudgetQueue::Admission::Verdict;

core::ModelPrice price_of(double input, double output) { return {"m", input, output}; }

Cost cost_of(double usd) { return {usd, CostOrigin::reported}; }

bool reserve(Budget& budget, StepIndex step, const CallBound& bound) {
  if (!budget.fits(bound)) return false;
  budget.reserve(step, bound);
  return true;
}

// An attempt with this cost failed, and the provider tries again if the cap allows it.
bool retry(Budget& budget, StepIndex step, const Cost& failed) {
  const bool affordable = budget.affords_retry(step, failed);
  affordable ? budget.renew(step, failed) : budget.settle_failed_attempt(step, failed);
  return affordable;
}

constexpr std::string_view two_steps = R"(
name = "w"
description = "d"
roles = ["r"]
answer = "{{b}}"
[[steps]]
id = "one"
agent = "A"
stage = "s"
output = "a"
prompt = "{{task}}"
[[steps]]
id = "two"
agent = "B"
stage = "s"
output = "b"
inputs = ["a"]
prompt = "{{a}}"
)";

StepSample past(std::string key, bool ran, std::int64_t ms, std::optional<double> usd) {
  StepSample step;
  step.key = std::move(key);
  step.ran = ran;
  step.duration_ms = ms;
  if (usd) step.cost = cost_of(*usd);
  return step;
}

}  // namespace

TEST_CASE("a call's worst case is a token for each byte of its prompt and the longest answer it may give") {
  core::ChatRequest request;
  request.messages = {{core::ChatMessage::Role::user, std::string(984, 'x')}};
  request.parameters.max_tokens = 2000;
  const CallPrice price = price_of_call(price_of(3, 15), request);
  CHECK(price.input == doctest::Approx(0.003));
  CHECK(price.longest == 2000);
  CHECK(price.with_answer(2000).total() == doctest::Approx(0.033));
}

TEST_CASE("the longest answer is that of the model, unless the step allows less or the context is too small") {
  core::ChatRequest request;
  request.messages = {{core::ChatMessage::Role::user, std::string(984, 'x')}};
  auto price = price_of(3, 15);
  CHECK(price_of_call(price, request).longest == 32'768);  // of an unknown model
  price.max_output = 65'536;
  CHECK(price_of_call(price, request).longest == 65'536);
  price.context = 20'000;
  CHECK(price_of_call(price, request).longest == 19'000);
  price.context = 3000;
  CHECK(price_of_call(price, request).longest == 4096);  // the prompt has fewer tokens than bytes
  price.context = 0;
  request.parameters.max_tokens = 100'000;
  CHECK(price_of_call(price, request).longest == 65'536);
}

TEST_CASE("fees, long prompts and what writing to a provider's cache costs are part of the worst case") {
  core::ChatRequest request;
  request.messages = {{core::ChatMessage::Role::user, std::string(984, 'x')}};
  auto price = price_of(3, 15);
  price.cache_write = 6;
  CHECK(price_of_call(price, request).input == doctest::Approx(0.006));
  price.request = 0.01;
  CHECK(price_of_call(price, request).input == doctest::Approx(0.016));
  price.long_context = core::ModelPrice::LongContext{999, 6, 30, {}};
  CHECK(price_of_call(price, request).input == doctest::Approx(0.022));
  CHECK(price_of_call(price, request).per_token == doctest::Approx(30e-6));
  price.long_context->above = 1000;
  CHECK(price_of_call(price, request).per_token == doctest::Approx(15e-6));
  request.answer_schema = ResponseFormat{};
  request.answer_schema->schema_json = std::string(100, ' ');
  CHECK(price_of_call(price_of(3, 15), request).input == doctest::Approx(0.003 * 2.124));
}

TEST_CASE("calls that are made together share what is left, and none gets more than its model can use") {
  const CallPrice price{0.0, 0.0001, 100'000};
  const auto tokens = [&](double cap, int calls, int longest = 100'000) {
    const auto admission = BudgetQueue(cap).admit({0.0, 0.0001, longest}, calls);
    CHECK(admission.verdict == AdmissionVerdict::granted);
    return admission.bound.max_tokens;
  };
  CHECK(tokens(4.0, 1) == 40'000);
  CHECK(tokens(4.0, 4) == 10'000);
  CHECK(tokens(40.0, 1) == 100'000);
  CHECK(tokens(40.0, 4, 8192) == 8192);
  CHECK(tokens(0.5, 4) == 4096);    // an ample answer, even if others wait for it
  CHECK(tokens(0.4, 4) == 1000);    // the budget does not allow one: its share
  CHECK(tokens(0.04, 100) == 256);  // but no answer that is of no use
  CHECK(BudgetQueue(0.02).admit(price, 1).verdict == AdmissionVerdict::rejected);
}

TEST_CASE("a call that could be cut waits as long as running calls may leave more, and takes the rest after them") {
  BudgetQueue queue(0.5);
  const CallPrice price{0.0, 0.0001, 100'000};
  queue.reserve(0, queue.admit(price, 2).bound);
  CHECK(queue.admit(price, 1).verdict == AdmissionVerdict::waiting);
  queue.release(0, cost_of(0.4));
  const auto rest = queue.admit(price, 1);
  CHECK(rest.verdict == AdmissionVerdict::granted);
  CHECK(rest.bound.max_tokens == 1000);
}

TEST_CASE("an answer that costs nothing has no limit") {
  const auto admission = BudgetQueue(0.5).admit({0.1, 0.0, 4096}, 3);
  CHECK(admission.verdict == AdmissionVerdict::granted);
  CHECK(admission.bound == CallBound{0.1, 0, 0});
  CHECK(BudgetQueue(0.05).admit({0.1, 0.0, 4096}, 3).verdict == AdmissionVerdict::rejected);
}

TEST_CASE("a reservation becomes what the call cost, and all of itself when that is not known") {
  Budget budget(1.0);
  CHECK(reserve(budget, 1, {0.1, 0.5}));
  CHECK_FALSE(reserve(budget, 2, {0.1, 0.5}));
  budget.settle(1, cost_of(0.2));
  CHECK(budget.left() == doctest::Approx(0.8));
  CHECK(reserve(budget, 2, {0.1, 0.5}));
  budget.settle(2, {});
  CHECK(budget.left() == doctest::Approx(0.2));
  CHECK_FALSE(budget.has_reservations());
}

TEST_CASE("a retry counts the prompt of the attempt that failed, unless its cost is known") {
  Budget budget(1.0);
  CHECK(reserve(budget, 1, {0.2, 0.3}));
  CHECK(retry(budget, 1, {}));
  CHECK(budget.left() == doctest::Approx(0.3));
  CHECK(retry(budget, 1, cost_of(0)));
  CHECK(budget.left() == doctest::Approx(0.3));
  CHECK(retry(budget, 1, cost_of(0.3)));
  CHECK_FALSE(retry(budget, 1, cost_of(0.3)));
  CHECK(budget.left() == doctest::Approx(0.2));
}

TEST_CASE("without a cap everything is affordable") {
  Budget budget(0);
  CHECK_FALSE(budget.capped());
  CHECK(reserve(budget, 1, {1e9, 1e9}));
}

TEST_CASE("whatever calls cost within their worst case, the cap holds") {
  rc::check([](std::vector<std::pair<int, bool>> moves) {
    Budget budget(1.0);
    double really = 0;
    std::map<StepIndex, CallBound> open;
    for (const auto& [move, known] : moves) {
      const auto step = static_cast<StepIndex>(std::abs(move % 5));
      if (const auto held = open.find(step); held != open.end()) {
        const double usd = held->second.total() * (std::abs(move % 7) / 6.0);
        really += usd;
        budget.settle(step, known ? cost_of(usd) : Cost{});
        open.erase(held);
      } else {
        const CallBound bound{std::abs(move % 11) * 0.02, std::abs(move % 13) * 0.02};
        if (reserve(budget, step, bound)) open[step] = bound;
      }
      double worst = really;
      for (const auto& [key, bound] : open) worst += bound.total();
      RC_ASSERT(worst <= 1.0 + 1e-6);
      RC_ASSERT(budget.left() >= -1e-6);
    }
  });
}

TEST_CASE("an estimate adds the durations of dependent steps and the costs of all") {
  CallStatistics statistics;
  statistics.record(StreamId::random(), {past("one", true, 2000, 0.1), past("two", true, 4000, 0.3)});
  statistics.record(StreamId::random(), {past("one", true, 4000, 0.3), past("two", false, 0, {})});
  const auto workflow = std::make_shared<const Workflow>(load_workflow(two_steps, "t").value());
  StepScheduler scheduler(workflow);
  const std::vector<std::optional<StepEstimate>> expected{statistics.estimate("one", {}),
                                                          statistics.estimate("two", {})};
  REQUIRE(expected[0]);
  CHECK(expected[1]->probability == doctest::Approx(0.5));
  const std::vector<StepFigures> running_for(2);
  RemainingEstimate ahead = estimate_remaining(workflow->steps, scheduler, expected, running_for);
  CHECK(*ahead.seconds == doctest::Approx(3 + 2));
  CHECK(*ahead.usd == doctest::Approx(0.2 + 0.15));
  scheduler.start(0);
  scheduler.end(0, StepOutcome::output);
  ahead = estimate_remaining(workflow->steps, scheduler, expected, running_for);
  CHECK(*ahead.seconds == doctest::Approx(2));
  CHECK(*ahead.usd == doctest::Approx(0.15));
}

TEST_CASE("nothing is estimated without data: no figure for a step without samples, no cost without prices") {
  CallStatistics statistics;
  StepSample counted = past("one", true, 1000, {});
  counted.usage.prompt_tokens = 1000;
  counted.usage.completion_tokens = 500;
  statistics.record(StreamId::random(), {counted});
  CHECK_FALSE(statistics.estimate("two", {}));
  CHECK_FALSE(statistics.estimate("one", {})->usd);
  CHECK(*statistics.estimate("one", price_of(1, 2))->usd == doctest::Approx(0.002));
  const auto workflow = std::make_shared<const Workflow>(load_workflow(two_steps, "t").value());
  const StepScheduler scheduler(workflow);
  CHECK_FALSE(estimate_remaining(workflow->steps, scheduler,
                                 std::vector<std::optional<StepEstimate>>{statistics.estimate("one", {}), {}},
                                 std::vector<StepFigures>(2))
                  .seconds);
  CHECK_FALSE(estimate_remaining(workflow->steps, scheduler, {}, {}).seconds);
}

TEST_CASE("what was long ago counts less than what was lately") {
  CallStatistics statistics;
  for (int i = 0; i < 200; ++i) statistics.record(StreamId::random(), {past("one", true, 1000, {})});
  for (int i = 0; i < 100; ++i) statistics.record(StreamId::random(), {past("one", true, 9000, {})});
  CHECK(statistics.estimate("one", {})->seconds > 8);
}

TEST_CASE("a deleted task has no samples, and the others stay") {
  CallStatistics statistics;
  const StreamId deleted = StreamId::random();
  statistics.record(StreamId::random(), {past("one", true, 1000, 0.1)});
  statistics.record(deleted, {past("one", true, 9000, 0.9), past("two", true, 1000, {})});
  statistics.forget(deleted);
  REQUIRE(statistics.estimate("one", {}));
  CHECK(statistics.estimate("one", {})->seconds == doctest::Approx(1));
  CHECK(*statistics.estimate("one", {})->usd == doctest::Approx(0.1));
  CHECK_FALSE(statistics.estimate("two", {}));
}

}  // namespace plenum::workflow
