// Workflows put together in code, for tests of the plan.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/workflow/run/outputs/step_scheduler.h"

namespace plenum::tests {

class WorkflowBuilder {
 public:
  // A step that binds a name, needs others, and runs only when a review (if one is named) finds issues.
  WorkflowBuilder& step(const std::string& binds, const std::vector<std::string>& needs = {},
                        const std::string& when_review = "", int round = 0) {
    workflow::Step step;
    step.id = binds + "#" + std::to_string(workflow_.steps.size());
    step.output = binds;
    step.round = round;
    if (round > 0) step.group = 0, workflow_.groups = 1;
    for (const std::string& need : needs) step.inputs.push_back({need, last_.at(need)});
    if (!when_review.empty()) step.when = workflow::Condition{last_.at(when_review), true};
    if (const auto earlier = last_.find(binds); earlier != last_.end()) step.supersedes = earlier->second;
    for (const auto& need : step.inputs) step.after.push_back(need.step);
    if (step.when) step.after.push_back(step.when->step);
    if (step.supersedes) step.after.push_back(*step.supersedes);
    std::sort(step.after.begin(), step.after.end());
    step.after.erase(std::unique(step.after.begin(), step.after.end()), step.after.end());
    last_[binds] = workflow_.steps.size();
    workflow_.steps.push_back(std::move(step));
    return *this;
  }
  std::shared_ptr<const workflow::Workflow> build() {
    return std::make_shared<const workflow::Workflow>(std::move(workflow_));
  }

 private:
  workflow::Workflow workflow_;
  std::map<std::string, workflow::StepIndex> last_;
};

// Starts every ready step.
inline std::vector<workflow::StepIndex> take_ready(workflow::StepScheduler& scheduler) {
  const std::vector<workflow::StepIndex> ready(scheduler.ready().begin(), scheduler.ready().end());
  for (const workflow::StepIndex step : ready) scheduler.start(step);
  return ready;
}

// code, review, `rounds` times (refine, review) while the review finds issues, document.
inline std::shared_ptr<const workflow::Workflow> review_rounds(int rounds) {
  WorkflowBuilder builder;
  builder.step("code").step("review", {"code"});
  for (int round = 1; round <= rounds; ++round) {
    builder.step("code", {"code", "review"}, "review", round);
    // The loader gives a whole round the condition that held before it began.
    builder.step("review", {"code"}, "review", round);
  }
  return builder.step("document", {"code"}).build();
}

}  // namespace plenum::tests
