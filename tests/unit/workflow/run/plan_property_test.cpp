#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include "server/workflow/definition/member_expansion.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "server/workflow/run/plan.h"
#include "tests/unit/workflow/run/plan_workflows.h"

namespace plenum::workflow {

namespace {

using State = Plan::StepState;

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

void start_what_is_ready(const Workflow& workflow, Plan& plan, std::vector<int>& running, std::vector<int>& times) {
  for (const int step : plan.take_ready()) {
    const auto index = static_cast<std::size_t>(step);
    RC_ASSERT(++times[index] == 1);
    RC_ASSERT(plan.state(step) == State::running);
    for (const Need& need : workflow.steps[index].needs) {
      if (need.list) continue;  // a part may be missing or still on its way
      RC_ASSERT(is_over(plan.state(need.step)));
      RC_ASSERT(plan.latest(need.step) >= 0);  // somebody did bind it
    }
    if (workflow.steps[index].when) RC_ASSERT(is_over(plan.state(workflow.steps[index].when->step)));
    running.push_back(step);
  }
}

// Ends what runs in any order and any way, takes steps out in between, and looks whether all is in order.
void work_through(const Workflow& workflow, Plan& plan) {
  std::vector<int> running, times(workflow.steps.size(), 0);
  int total = plan.total();
  start_what_is_ready(workflow, plan, running, times);
  while (!running.empty()) {
    if (*rc::gen::inRange(0, 4) == 0) {
      const int any = *rc::gen::inRange(0, static_cast<int>(workflow.steps.size()));
      plan.drop(any);
    }
    const std::size_t which = *rc::gen::inRange<std::size_t>(0, running.size());
    const int step = running[which];
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
    plan.step_ended(step, *rc::gen::element(StepOutcome::output, StepOutcome::review_with_issues, StepOutcome::failed));
    RC_ASSERT(plan.total() <= total);
    RC_ASSERT(plan.ended() <= plan.total());
    total = plan.total();
    start_what_is_ready(workflow, plan, running, times);
  }
  RC_ASSERT(plan.done());
  for (std::size_t i = 0; i < times.size(); ++i) {
    RC_ASSERT(plan.state(static_cast<int>(i)) == (times[i] == 1 ? State::ended : State::dropped));
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
binds = "a"
needs = ["a"]
quorum = {}
start = "{}"
prompt = "x"
[[steps]]
id = "sum"
agent = "C"
stage = "t"
needs = ["a"]
quorum = {}
start = "{}"
prompt = "x"
)",
                                                *rc::gen::element<std::string>("members", "a"), *rc::gen::inRange(1, 4),
                                                start, *rc::gen::inRange(1, 4), start),
                                    "talk.toml");
  RC_ASSERT(loaded.has_value());
  const std::size_t chair[] = {0};
  return expand(*loaded, chair, *rc::gen::inRange<std::size_t>(1, 7));
}

}  // namespace

TEST_CASE("every plan with lists, quorums and members that fail comes to an end as well") {
  const bool held = rc::check([] {
    const auto workflow = std::make_shared<const Workflow>(any_talk());
    Plan plan(workflow, *rc::gen::inRange(0, 5));
    work_through(*workflow, plan);
  });
  CHECK(held);
}

TEST_CASE("every plan comes to an end, in order, and its total never grows") {
  const bool held = rc::check([] {
    const auto workflow = any_workflow();
    Plan plan(workflow, *rc::gen::inRange(0, 5));
    work_through(*workflow, plan);
  });
  CHECK(held);
}

}  // namespace plenum::workflow
