#include "server/workflow/run/outputs/readiness.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "common/json/json.h"
#include "server/workflow/run/outputs/verdict_absence.h"

namespace plenum::workflow {

namespace {

// The members that completed a step of the stage; a substitute counts as the member that it replaces.
int members_in(const StepOutputs& outputs, const std::string& stage) {
  std::set<std::string> members;
  for (const StepIndex index : outputs.finished()) {
    const Step& step = outputs.steps()[index];
    const auto& parsed = outputs.of(index).parsed;
    const bool completed = step.stage == stage && parsed && parsed->outcome != StepOutcome::failed;
    if (completed) members.insert(outputs.assignment().member_of(step).id);
  }
  return static_cast<int>(members.size());
}

std::string_view explanation_of(VerdictAbsence absence) {
  switch (absence) {
    case VerdictAbsence::disabled:
      return "the task turns the verdict off";
    case VerdictAbsence::too_few_answers:
      return "there are too few answers for a verdict";
    case VerdictAbsence::not_reached:
      return "the run ended before the verdict";
    case VerdictAbsence::call_failed:
      return "the call for the verdict failed";
    case VerdictAbsence::unreadable:
      return "the verdict cannot be read";
    case VerdictAbsence::open_ended:
      return "the question is open-ended, so there are no positions to compare";
  }
  return "";
}

// Without these there is nothing to decide on; with any other absence there is an answer.
bool prevents_readiness(VerdictAbsence absence) {
  return absence == VerdictAbsence::too_few_answers || absence == VerdictAbsence::not_reached;
}

class ReadinessCheck {
 public:
  ReadinessCheck(const StepOutputs& outputs, const StepScheduler& scheduler)
      : outputs_(outputs), scheduler_(scheduler), workflow_(*outputs.assignment().workflow) {}

  Readiness run() {
    for (const ReadinessPhase& phase : workflow_.readiness) {
      const int members = members_in(outputs_, phase.stage);
      if (members >= phase.members_min) continue;
      add(ReadinessStatus::not_ready, fmt::format("phase.{}.quorum_not_met", phase.stage),
          fmt::format("{} of {} required members completed the stage \"{}\"", members, phase.members_min, phase.stage));
      return std::move(found_);
    }
    const auto& synthesis = workflow_.synthesis;
    if (synthesis && outputs_.latest_with_output(synthesis->step, scheduler_) == nullptr) {
      add(ReadinessStatus::not_ready, "synthesis.failed", "there is no synthesis");
    }
    if (const auto absence = verdict_absence(outputs_, scheduler_)) {
      add(prevents_readiness(*absence) ? ReadinessStatus::not_ready : ReadinessStatus::indeterminate,
          fmt::format("verdict.{}", name_of(*absence)), explanation_of(*absence));
    }
    return std::move(found_);
  }

 private:
  void add(ReadinessStatus status, std::string reason, std::string_view explanation) {
    if (found_.status != ReadinessStatus::not_ready) found_.status = status;
    found_.reasons.push_back(std::move(reason));
    found_.explanation += found_.explanation.empty() ? "The result is not ready to be decided on: " : "; ";
    found_.explanation += explanation;
  }

  const StepOutputs& outputs_;
  const StepScheduler& scheduler_;
  const Workflow& workflow_;
  Readiness found_;
};

}  // namespace

std::optional<Readiness> readiness_of(const StepOutputs& outputs, const StepScheduler& scheduler) {
  if (outputs.assignment().workflow->readiness.empty()) return std::nullopt;
  return ReadinessCheck(outputs, scheduler).run();
}

std::string to_json(const Readiness& readiness) {
  constexpr std::string_view names[] = {"ready", "not_ready", "indeterminate"};
  return dump_json(Json{{"status", names[static_cast<std::size_t>(readiness.status)]}, {"reasons", readiness.reasons}});
}

}  // namespace plenum::workflow
