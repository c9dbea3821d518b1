#include "server/workflow/planning/price_estimate.h"

#include <doctest/doctest.h>

#include "server/workflow/catalog/catalog.h"
#include "tests/unit/workflow/run/assignments.h"

namespace plenum::workflow {

namespace {

Assignment priced(std::string_view workflow, std::size_t members) {
  Assignment assignment = tests::assign_members(Catalog::built_in()->find(workflow), members);
  for (auto& member : assignment.members) member.price = core::ModelPrice{"*", 1, 10};
  return assignment;
}

TaskSpec task_of(std::size_t bytes) {
  TaskSpec spec;
  spec.task = std::string(bytes, 'x');
  spec.context_json.clear();
  return spec;
}

double total(const Assignment& assignment) {
  double usd = 0;
  for (const auto& estimate : assignment.estimates) usd += estimate->probability * estimate->usd.value();
  return usd;
}

}  // namespace

TEST_CASE("before the first run a cost follows from prices, the size of the task and an assumed answer") {
  Assignment assignment = priced("single", 1);
  add_price_estimates(assignment, task_of(4000));
  std::size_t known = 0;
  for (const auto& estimate : assignment.estimates) {
    REQUIRE(estimate);
    CHECK_FALSE(estimate->from_history);
    CHECK_FALSE(estimate->seconds);
    known += estimate->usd ? 1 : 0;
  }
  CHECK(known == assignment.estimates.size());
  // The step `answer`: 1,000 tokens of the task, 300 of instructions, 800 of the answer.
  const auto& steps = assignment.workflow->steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].enabled_by == SearchMode::none) {
      CHECK(*assignment.estimates[i]->usd == doctest::Approx((1300 * 1 + 800 * 10) / 1e6));
    }
  }
}

TEST_CASE("a step that reads the answers of others is estimated with them in its prompt") {
  Assignment few = priced("raw", 2), judged = priced("synthesize", 2), many = priced("synthesize", 5);
  for (Assignment* assignment : {&few, &judged, &many}) add_price_estimates(*assignment, task_of(400));
  CHECK(total(judged) > total(few));
  CHECK(total(many) > 1.5 * total(judged));
}

TEST_CASE("an answer is assumed no longer than the step allows") {
  Assignment assignment = priced("raw", 1);
  Workflow limited = *assignment.workflow;
  for (Step& step : limited.steps) step.parameters.max_tokens = 100;
  assignment.workflow = std::make_shared<const Workflow>(std::move(limited));
  add_price_estimates(assignment, task_of(0));
  CHECK(*assignment.estimates.front()->usd == doctest::Approx((300 * 1 + 100 * 10) / 1e6));
}

TEST_CASE("what is known from earlier runs stays, and only a missing cost is added") {
  Assignment assignment = priced("raw", 2);
  assignment.estimates.resize(assignment.workflow->steps.size());
  assignment.estimates[0] = StepEstimate{1, 5.0, 0.25, true};
  assignment.estimates[1] = StepEstimate{1, 7.0, {}, true};
  add_price_estimates(assignment, task_of(400));
  CHECK(*assignment.estimates[0]->usd == 0.25);
  CHECK(assignment.estimates[0]->from_history);
  CHECK(assignment.estimates[1]->usd);
  CHECK(assignment.estimates[1]->seconds == 7.0);
  CHECK_FALSE(assignment.estimates[1]->from_history);
}

TEST_CASE("without a price nothing is estimated") {
  Assignment assignment = priced("raw", 2);
  assignment.members[1].price.reset();
  add_price_estimates(assignment, task_of(400));
  CHECK(assignment.estimates[0]);
  CHECK_FALSE(assignment.estimates[1]);
}

}  // namespace plenum::workflow
