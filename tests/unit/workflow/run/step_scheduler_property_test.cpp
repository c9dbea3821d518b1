#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include "server/workflow/definition/member_expansion.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "server/workflow/run/outputs/step_scheduler.h"
#include "tests/unit/workflow/run/scheduler_workflows.h"

namespace plenum::workflow {

namespace {

using State = StepScheduler::StepState;

// Up to 40 steps that bind few names, need random earlier ones, often ask a review and belong to rounds.
std::shared_ptr<const Workflow> any_workflow() {
  tests::WorkflowBuilder builder;
  std::vector<std::string> bound;
  const int steps = *rc::gen::inRange(1, 40);
  int round = 0;
  for (int i = 0; i < steps; ++i) {
    std::vector<std::string> needs;
    std::string when;
    if (!bound.empty()) {
      for (int n = *rc::gen::inRange(0, 3); n > 0; --n) {
        const std::string need = *rc::gen::elementOf(bound);
        if (std::find(needs.begin(), needs.end(), need) == needs.end()) needs.push_back(need);
      }
      if (*rc::gen::inRange(0, 3) == 0) when = *rc::gen::elementOf(bound);
    }
    if (*rc::gen::inRange(0, 4) == 0) round = *rc::gen::inRange(0, 4);
    const std::string name(1, static_cast<char>('a' + *rc::gen::inRange(0, 8)));
    builder.step(name, needs, when, round);
    if (std::find(bound.begin(), bound.end(), name) == bound.end()) bound.push_back(name);
  }
  return builder.build();
}

bool is_over(State state) { return state == State::ended || state == State::dropped; }

void start_what_is_ready(const Workflow& workflow, StepScheduler& scheduler, std::vector<StepIndex>& running,
                         std::vector<int>& times) {
  for (const StepIndex step : tests::take_ready(scheduler)) {
    RC_ASSERT(++times[step] == 1);
    RC_ASSERT(scheduler.state(step) == State::running);
    for (const StepInput& need : workflow.steps[step].inputs) {
      if (need.list) continue;  // a part may be missing or still on its way
      RC_ASSERT(is_over(scheduler.state(need.step)));
      RC_ASSERT(scheduler.latest(need.step).has_value());
    }
    if (workflow.steps[step].when) RC_ASSERT(is_over(scheduler.state(workflow.steps[step].when->step)));
    running.push_back(step);
  }
}

// Ends what runs in any order and any way, takes steps out in between, and looks whether all is in order.
void work_through(const Workflow& workflow, StepScheduler& scheduler) {
  std::vector<StepIndex> running;
  std::vector<int> times(workflow.steps.size(), 0);
  int total = scheduler.total();
  start_what_is_ready(workflow, scheduler, running, times);
  while (!running.empty()) {
    if (*rc::gen::inRange(0, 4) == 0) {
      scheduler.drop(*rc::gen::inRange<StepIndex>(0, workflow.steps.size()));
    }
    const std::size_t which = *rc::gen::inRange<std::size_t>(0, running.size());
    const StepIndex step = running[which];
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
    scheduler.end(step, *rc::gen::element(StepOutcome::output, StepOutcome::review_with_issues, StepOutcome::failed));
    RC_ASSERT(scheduler.total() <= total);
    RC_ASSERT(scheduler.ended() <= scheduler.total());
    total = scheduler.total();
    start_what_is_ready(workflow, scheduler, running, times);
  }
  RC_ASSERT(scheduler.done());
  for (std::size_t i = 0; i < times.size(); ++i) {
    RC_ASSERT(scheduler.state(i) == (times[i] == 1 ? State::ended : State::dropped));
  }
}

// Up to six members talk for some rounds, and one of them sums up.
Workflow any_talk() {
  const std::string start = *rc::gen::element<std::string>("all", "quorum");
  const auto loaded = load_workflow(fmt::format(R"(name = "talk"
description = "d"
roles = ["chair"]
answer = "x"
[[steps]]
id = "a"
agent = "A"
stage = "s"
each = "members"
prompt = "x"
[[steps]]
rounds = 4
[[steps.round]]
id = "b"
agent = "A"
stage = "s"
each = "{}"
output = "a"
inputs = ["a"]
quorum = {}
start = "{}"
prompt = "x"
[[steps]]
id = "sum"
agent = "C"
stage = "t"
inputs = ["a"]
quorum = {}
start = "{}"
prompt = "x"
)",
                                                *rc::gen::element<std::string>("members", "a"), *rc::gen::inRange(1, 4),
                                                start, *rc::gen::inRange(1, 4), start),
                                    "talk.toml");
  RC_ASSERT(loaded.has_value());
  const std::size_t chair[] = {0};
  return expand_members(*loaded, chair, *rc::gen::inRange<std::size_t>(1, 7));
}

}  // namespace

TEST_CASE("every workflow with lists, quorums and failing members ends as well") {
  const bool held = rc::check([] {
    const auto workflow = std::make_shared<const Workflow>(any_talk());
    StepScheduler scheduler(workflow, *rc::gen::inRange(0, 5));
    work_through(*workflow, scheduler);
  });
  CHECK(held);
}

TEST_CASE("every workflow ends, in order, and its total never grows") {
  const bool held = rc::check([] {
    const auto workflow = any_workflow();
    StepScheduler scheduler(workflow, *rc::gen::inRange(0, 5));
    work_through(*workflow, scheduler);
  });
  CHECK(held);
}

}  // namespace plenum::workflow
