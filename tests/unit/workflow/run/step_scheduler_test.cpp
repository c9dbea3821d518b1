#include "server/workflow/run/outputs/step_scheduler.h"

#include <doctest/doctest.h>

#include <chrono>
#include <map>

#include "server/workflow/definition/member_expansion.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "tests/unit/workflow/run/scheduler_workflows.h"

namespace plenum::workflow {

using tests::review_rounds;
using tests::take_ready;
using tests::WorkflowBuilder;
using State = StepScheduler::StepState;
using Steps = std::vector<StepIndex>;

TEST_CASE("steps without inputs are ready at once, and each is returned only once") {
  StepScheduler scheduler(WorkflowBuilder().step("a").step("b").step("c", {"a", "b"}).build());
  CHECK(take_ready(scheduler) == Steps{0, 1});
  CHECK(take_ready(scheduler).empty());
  CHECK(scheduler.state(2) == State::waiting);
}

TEST_CASE("a step starts when the last of its needs has ended, also with a failure") {
  StepScheduler scheduler(WorkflowBuilder().step("a").step("b").step("c", {"a", "b"}).build());
  take_ready(scheduler);
  scheduler.end(1, StepOutcome::failed);
  CHECK(take_ready(scheduler).empty());
  scheduler.end(0, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{2});
  scheduler.end(2, StepOutcome::output);
  CHECK(scheduler.done());
  CHECK(scheduler.ended() == 3);
}

TEST_CASE("rounds continue while the review finds issues and are dropped when it finds none") {
  // 0 code, 1 review, then 2 rounds of (refine, review), 6 document
  StepScheduler scheduler(review_rounds(2));
  CHECK(scheduler.total() == 7);
  take_ready(scheduler);
  scheduler.end(0, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{1});
  scheduler.end(1, StepOutcome::review_with_issues);
  CHECK(take_ready(scheduler) == Steps{2});
  CHECK(scheduler.latest(4) == StepIndex{0});  // as long as no later step has replaced it
  scheduler.end(2, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{3});
  CHECK(scheduler.total() == 7);
  scheduler.end(3, StepOutcome::output);
  CHECK(scheduler.total() == 5);
  CHECK(take_ready(scheduler) == Steps{6});
  CHECK(scheduler.latest(4) == StepIndex{2});
  CHECK(scheduler.latest(5) == StepIndex{3});
}

TEST_CASE("a first review without issues drops every round") {
  StepScheduler scheduler(review_rounds(3));
  take_ready(scheduler);
  scheduler.end(0, StepOutcome::output);
  take_ready(scheduler);
  scheduler.end(1, StepOutcome::output);
  CHECK(scheduler.total() == 3);
  CHECK(take_ready(scheduler) == Steps{8});
}

TEST_CASE("a lower number of rounds omits the others from the start") {
  StepScheduler scheduler(review_rounds(3), 1);
  CHECK(scheduler.total() == 5);
  CHECK(StepScheduler(review_rounds(3), 0).total() == 3);
  for (const StepIndex expected : {0u, 1u, 2u}) {
    CHECK(take_ready(scheduler) == Steps{expected});
    scheduler.end(expected, StepOutcome::review_with_issues);
  }
  // No later round can change the code, so that its reader need not wait for the last review.
  CHECK(take_ready(scheduler) == Steps{3, 8});
}

TEST_CASE("a failure inside a round ends the rounds, not the run") {
  StepScheduler scheduler(review_rounds(3));
  for (const StepIndex expected : {0u, 1u}) {
    take_ready(scheduler);
    scheduler.end(expected, StepOutcome::review_with_issues);
  }
  CHECK(take_ready(scheduler) == Steps{2});
  scheduler.end(2, StepOutcome::failed);
  CHECK(scheduler.total() == 4);
  CHECK(take_ready(scheduler) == Steps{8});
}

TEST_CASE("a step without its input is dropped with the steps that need it") {
  StepScheduler scheduler(WorkflowBuilder()
                              .step("review")
                              .step("fix", {"review"}, "review")
                              .step("test", {"fix"})
                              .step("report", {"review"})
                              .build());
  take_ready(scheduler);
  scheduler.end(0, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{3});
  CHECK(scheduler.state(2) == State::dropped);
  scheduler.end(3, StepOutcome::output);
  CHECK(scheduler.done());
  CHECK(scheduler.total() == 2);
}

TEST_CASE("a condition on a review that failed does not hold") {
  StepScheduler scheduler(WorkflowBuilder().step("review").step("fix", {}, "review").build());
  take_ready(scheduler);
  scheduler.end(0, StepOutcome::failed);
  CHECK(scheduler.state(1) == State::dropped);
  CHECK(scheduler.done());
}

TEST_CASE("a dropped step does not let others pass what stands before it") {
  // `slow` outputs x, `quick` would replace it but is dropped early: a step that needs x still waits for slow.
  StepScheduler scheduler(
      WorkflowBuilder().step("x").step("review").step("x", {}, "review").step("last", {"x"}).build());
  CHECK(take_ready(scheduler) == Steps{0, 1});
  scheduler.end(1, StepOutcome::output);
  CHECK(take_ready(scheduler).empty());
  scheduler.end(0, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{3});
  CHECK(scheduler.latest(2) == StepIndex{0});
}

TEST_CASE("a step that needs two outputs of single steps is dropped with one") {
  for (const int failures : {0, 1, 2}) {
    Workflow workflow = *WorkflowBuilder().step("a").step("b").step("c", {"a", "b"}).build();
    workflow.steps[2].quorum = 2;
    StepScheduler scheduler(std::make_shared<const Workflow>(workflow));
    take_ready(scheduler);
    scheduler.end(0, failures > 0 ? StepOutcome::failed : StepOutcome::output);
    scheduler.end(1, failures > 1 ? StepOutcome::failed : StepOutcome::output);
    CHECK(take_ready(scheduler) == (failures == 0 ? Steps{2} : Steps{}));
    CHECK(scheduler.done() == (failures > 0));
  }
}

TEST_CASE("a member's output of the previous round does not count for a quorum while its new one is open") {
  // Two members' outputs, both replaced, then a sum as soon as two are available.
  Workflow workflow =
      *WorkflowBuilder().step("x").step("y").step("x", {"x"}).step("y", {"y"}).step("sum", {"x", "y"}).build();
  workflow.steps[4].inputs = {{"list", 2, true}, {"list", 3, true}};
  workflow.steps[4].quorum = 2;
  workflow.steps[4].start = StartPolicy::quorum;
  StepScheduler scheduler(std::make_shared<const Workflow>(workflow));
  take_ready(scheduler);
  scheduler.end(0, StepOutcome::output);
  scheduler.end(1, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{2, 3});
  scheduler.end(2, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{});
  scheduler.end(3, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{4});
}

TEST_CASE("a member's part that starts at the quorum of a list still waits for the member's own output") {
  for (const int last : {1, 2}) {
    CAPTURE(last);
    Workflow workflow = *WorkflowBuilder().step("a").step("b").step("c").step("more", {"a", "b", "c"}).build();
    workflow.steps[3].inputs = {{"list", 0, true}, {"list", 1, true}, {"list", 2, true}};
    workflow.steps[3].quorum = 2;
    workflow.steps[3].start = StartPolicy::quorum;
    workflow.steps[3].own = 2;
    StepScheduler scheduler(std::make_shared<const Workflow>(workflow));
    take_ready(scheduler);
    scheduler.end(0, StepOutcome::output);
    scheduler.end(3 - last, StepOutcome::output);
    CHECK(take_ready(scheduler) == (last == 2 ? Steps{} : Steps{3}));
    scheduler.end(last, StepOutcome::output);
    CHECK(take_ready(scheduler) == (last == 2 ? Steps{3} : Steps{}));
  }
}

TEST_CASE("a step that is taken out is over when what it waits for is, and one that began stays") {
  StepScheduler scheduler(WorkflowBuilder().step("a").step("b", {"a"}).step("c", {"b"}).step("d", {"a"}).build());
  take_ready(scheduler);
  scheduler.drop(0);
  CHECK(scheduler.state(0) == State::running);
  scheduler.drop(1);
  CHECK(scheduler.total() == 3);
  scheduler.drop(1);
  CHECK(scheduler.total() == 3);
  scheduler.end(0, StepOutcome::output);
  CHECK(take_ready(scheduler) == Steps{3});
  CHECK(scheduler.state(2) == State::dropped);
  scheduler.end(3, StepOutcome::output);
  CHECK(scheduler.done());
}

namespace {

// The shortest of several times to run the whole workflow, because others use the machine as well.
std::chrono::nanoseconds time_of(const std::shared_ptr<const Workflow>& workflow) {
  auto best = std::chrono::nanoseconds::max();
  for (int attempt = 0; attempt < 20; ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    StepScheduler scheduler(workflow);
    while (!scheduler.done()) {
      for (const StepIndex step : take_ready(scheduler)) scheduler.end(step, StepOutcome::output);
    }
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
  }
  return best;
}

// Fifty members who hear all of them in every one of twenty rounds: a thousand steps and 50,000 arrows.
std::shared_ptr<const Workflow> every_member_reads_every_member(const std::string& start) {
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
output = "a"
inputs = ["a"]
quorum = 25
start = ")" + start + "\"\nprompt = \"x\"\n",
                                    "talk.toml");
  REQUIRE(loaded);
  return std::make_shared<const Workflow>(expand_members(*loaded, {}, 50));
}

#if defined(NDEBUG) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
constexpr std::chrono::milliseconds bound(1), bound_of_lists(3);
#else
constexpr std::chrono::milliseconds bound(200), bound_of_lists(200);
#endif

}  // namespace

TEST_CASE(
    "a workflow of a thousand steps in which every member waits for every member takes at most than three "
    "milliseconds") {
  for (const std::string start : {"all", "quorum"}) {
    const auto workflow = every_member_reads_every_member(start);
    REQUIRE(workflow->steps.size() == 1000);
    const auto time = time_of(workflow);
    MESSAGE("1,000 steps, 50,000 arrows, start = " << start << ": " << time.count() / 1000 << " us");
    CHECK(time < bound_of_lists);
  }
}

TEST_CASE("a workflow of a thousand steps is worked through in less than a millisecond") {
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
