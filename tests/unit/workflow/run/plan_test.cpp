#include "server/workflow/run/plan.h"

#include <doctest/doctest.h>

#include <chrono>
#include <map>

#include "server/workflow/definition/member_expansion.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "tests/unit/workflow/run/plan_workflows.h"

namespace plenum::workflow {

using tests::review_rounds;
using tests::WorkflowBuilder;
using State = Plan::StepState;
using Steps = std::vector<int>;

TEST_CASE("steps that need nothing are ready at once, and each is told only once") {
  Plan plan(WorkflowBuilder().step("a").step("b").step("c", {"a", "b"}).build());
  CHECK(plan.take_ready() == Steps{0, 1});
  CHECK(plan.take_ready().empty());
  CHECK(plan.state(2) == State::waiting);
}

TEST_CASE("a step starts when the last of its needs has ended, also with a failure") {
  Plan plan(WorkflowBuilder().step("a").step("b").step("c", {"a", "b"}).build());
  plan.take_ready();
  plan.step_ended(1, StepOutcome::failed);
  CHECK(plan.take_ready().empty());
  plan.step_ended(0, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{2});
  plan.step_ended(2, StepOutcome::output);
  CHECK(plan.done());
  CHECK(plan.ended() == 3);
}

TEST_CASE("rounds go on while the review finds issues and leave the plan when it finds none") {
  // 0 code, 1 review, then 2 rounds of (refine, review), 6 document
  Plan plan(review_rounds(2));
  CHECK(plan.total() == 7);
  plan.take_ready();
  plan.step_ended(0, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{1});
  plan.step_ended(1, StepOutcome::review_with_issues);
  CHECK(plan.take_ready() == Steps{2});
  CHECK(plan.latest(4) == 0);  // as long as nobody bound it anew
  plan.step_ended(2, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{3});
  CHECK(plan.total() == 7);
  plan.step_ended(3, StepOutcome::output);
  CHECK(plan.total() == 5);
  CHECK(plan.take_ready() == Steps{6});
  CHECK(plan.latest(4) == 2);
  CHECK(plan.latest(5) == 3);
}

TEST_CASE("a first review without issues drops every round") {
  Plan plan(review_rounds(3));
  plan.take_ready();
  plan.step_ended(0, StepOutcome::output);
  plan.take_ready();
  plan.step_ended(1, StepOutcome::output);
  CHECK(plan.total() == 3);
  CHECK(plan.take_ready() == Steps{8});
}

TEST_CASE("a lower number of rounds leaves the others out from the start") {
  Plan plan(review_rounds(3), 1);
  CHECK(plan.total() == 5);
  CHECK(Plan(review_rounds(3), 0).total() == 3);
  for (const int expected : {0, 1, 2, 3}) {
    CHECK(plan.take_ready() == Steps{expected});
    plan.step_ended(expected, StepOutcome::review_with_issues);
  }
  CHECK(plan.take_ready() == Steps{8});
}

TEST_CASE("a failure inside a round ends the rounds, not the run") {
  Plan plan(review_rounds(3));
  for (const int expected : {0, 1}) {
    plan.take_ready();
    plan.step_ended(expected, StepOutcome::review_with_issues);
  }
  CHECK(plan.take_ready() == Steps{2});
  plan.step_ended(2, StepOutcome::failed);
  CHECK(plan.total() == 4);
  CHECK(plan.take_ready() == Steps{8});
}

TEST_CASE("a step whose need nobody bound is dropped with those that need it") {
  Plan plan(WorkflowBuilder()
                .step("review")
                .step("fix", {"review"}, "review")
                .step("test", {"fix"})
                .step("report", {"review"})
                .build());
  plan.take_ready();
  plan.step_ended(0, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{3});
  CHECK(plan.state(2) == State::dropped);
  plan.step_ended(3, StepOutcome::output);
  CHECK(plan.done());
  CHECK(plan.total() == 2);
}

TEST_CASE("a condition on a review that failed does not hold") {
  Plan plan(WorkflowBuilder().step("review").step("fix", {}, "review").build());
  plan.take_ready();
  plan.step_ended(0, StepOutcome::failed);
  CHECK(plan.state(1) == State::dropped);
  CHECK(plan.done());
}

TEST_CASE("a dropped step does not let others pass what stands before it") {
  // `slow` binds x, `quick` would bind it anew but is dropped early: who needs x still waits for slow.
  Plan plan(WorkflowBuilder().step("x").step("review").step("x", {}, "review").step("last", {"x"}).build());
  CHECK(plan.take_ready() == Steps{0, 1});
  plan.step_ended(1, StepOutcome::output);
  CHECK(plan.take_ready().empty());
  plan.step_ended(0, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{3});
  CHECK(plan.latest(2) == 0);
}

TEST_CASE("a step that needs two outputs of single steps is dropped with one") {
  for (const int failures : {0, 1, 2}) {
    Workflow workflow = *WorkflowBuilder().step("a").step("b").step("c", {"a", "b"}).build();
    workflow.steps[2].quorum = 2;
    Plan plan(std::make_shared<const Workflow>(workflow));
    plan.take_ready();
    plan.step_ended(0, failures > 0 ? StepOutcome::failed : StepOutcome::output);
    plan.step_ended(1, failures > 1 ? StepOutcome::failed : StepOutcome::output);
    CHECK(plan.take_ready() == (failures == 0 ? Steps{2} : Steps{}));
    CHECK(plan.done() == (failures > 0));
  }
}

TEST_CASE("what a member said in the round before does not count for a quorum while it still speaks") {
  // Two members' outputs, both anew, then a sum as soon as two are there.
  Workflow workflow =
      *WorkflowBuilder().step("x").step("y").step("x", {"x"}).step("y", {"y"}).step("sum", {"x", "y"}).build();
  workflow.steps[4].needs = {{"list", 2, true}, {"list", 3, true}};
  workflow.steps[4].quorum = 2;
  workflow.steps[4].start = StartPolicy::quorum;
  Plan plan(std::make_shared<const Workflow>(workflow));
  plan.take_ready();
  plan.step_ended(0, StepOutcome::output);
  plan.step_ended(1, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{2, 3});
  plan.step_ended(2, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{});
  plan.step_ended(3, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{4});
}

TEST_CASE("a member's part that starts at the quorum of a list still waits for the member's own output") {
  for (const int last : {1, 2}) {
    CAPTURE(last);
    Workflow workflow = *WorkflowBuilder().step("a").step("b").step("c").step("more", {"a", "b", "c"}).build();
    workflow.steps[3].needs = {{"list", 0, true}, {"list", 1, true}, {"list", 2, true}};
    workflow.steps[3].quorum = 2;
    workflow.steps[3].start = StartPolicy::quorum;
    workflow.steps[3].own = 2;
    Plan plan(std::make_shared<const Workflow>(workflow));
    plan.take_ready();
    plan.step_ended(0, StepOutcome::output);
    plan.step_ended(3 - last, StepOutcome::output);
    CHECK(plan.take_ready() == (last == 2 ? Steps{} : Steps{3}));
    plan.step_ended(last, StepOutcome::output);
    CHECK(plan.take_ready() == (last == 2 ? Steps{3} : Steps{}));
  }
}

TEST_CASE("a step that is taken out is over when what it waits for is, and one that began stays") {
  Plan plan(WorkflowBuilder().step("a").step("b", {"a"}).step("c", {"b"}).step("d", {"a"}).build());
  plan.take_ready();
  plan.drop(0);
  CHECK(plan.state(0) == State::running);
  plan.drop(1);
  CHECK(plan.total() == 3);
  plan.drop(1);
  CHECK(plan.total() == 3);
  plan.step_ended(0, StepOutcome::output);
  CHECK(plan.take_ready() == Steps{3});
  CHECK(plan.state(2) == State::dropped);
  plan.step_ended(3, StepOutcome::output);
  CHECK(plan.done());
}

namespace {

// The shortest of several times to work the whole plan through, because others use the machine as well.
std::chrono::nanoseconds time_of(const std::shared_ptr<const Workflow>& workflow) {
  auto best = std::chrono::nanoseconds::max();
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    Plan plan(workflow);
    while (!plan.done()) {
      for (const int step : plan.take_ready()) plan.step_ended(step, StepOutcome::output);
    }
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
  }
  return best;
}

// Fifty members who hear all of them in every one of twenty rounds: a thousand steps and 50,000 arrows.
std::shared_ptr<const Workflow> everybody_hears_everybody(const std::string& start) {
  const auto loaded = load_workflow(R"(name = "talk"
description = "d"
answer = "x"
[[steps]]
id = "a"
agent = "A"
stage = "s"
each = "members"
prompt = "x"
[[steps]]
rounds = 19
[[steps.round]]
id = "b"
agent = "A"
stage = "s"
each = "members"
binds = "a"
needs = ["a"]
quorum = 25
start = ")" + start + "\"\nprompt = \"x\"\n",
                                    "talk.toml");
  REQUIRE(loaded);
  return std::make_shared<const Workflow>(expand(*loaded, {}, 50));
}

#if defined(NDEBUG) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
constexpr std::chrono::milliseconds bound(1), bound_of_everybody(3);
#else
constexpr std::chrono::milliseconds bound(200), bound_of_everybody(200);
#endif

}  // namespace

TEST_CASE("a plan of a thousand steps in which everybody waits for everybody takes no more than three milliseconds") {
  for (const std::string start : {"all", "quorum"}) {
    const auto workflow = everybody_hears_everybody(start);
    REQUIRE(workflow->steps.size() == 1000);
    const auto time = time_of(workflow);
    MESSAGE("1,000 steps, 50,000 arrows, start = " << start << ": " << time.count() / 1000 << " us");
    CHECK(time < bound_of_everybody);
  }
}

TEST_CASE("a plan of a thousand steps is worked through in less than a millisecond") {
  WorkflowBuilder builder;
  for (int i = 0; i < 1000; ++i) {
    i == 0 ? builder.step("s0") : builder.step("s" + std::to_string(i), {"s" + std::to_string(i / 2), "s0"});
  }
  const auto workflow = builder.build();
  const auto time = time_of(workflow);
  MESSAGE("1,000 steps: " << time.count() / 1000 << " us");
  CHECK(time < bound);
}

}  // namespace plenum::workflow
