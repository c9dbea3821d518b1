#include "server/workflow/run/outputs/verdict_absence.h"

#include <algorithm>

namespace plenum::workflow {

namespace {

using StepState = StepScheduler::StepState;

// The last verdict step that ended, or else the last one.
std::optional<StepIndex> verdict_step(const StepOutputs& outputs) {
  std::optional<StepIndex> last, ended;
  for (StepIndex i = 0; i < outputs.steps().size(); ++i) {
    if (!outputs.steps()[i].kind->is_verdict) continue;
    last = i;
    if (outputs.of(i).completed) ended = i;
  }
  return ended ? ended : last;
}

VerdictAbsence absence_of_dropped(const StepOutputs& outputs, const Step& step, const StepScheduler& scheduler) {
  if (!is_requested(step, outputs.assignment().options.verdict)) return VerdictAbsence::disabled;
  const std::vector<StepIndex> parts = ranked_parts(step);
  const auto answers =
      std::count_if(parts.begin(), parts.end(), [&](StepIndex part) { return scheduler.has_output(part); });
  return answers < step.quorum ? VerdictAbsence::too_few_answers : VerdictAbsence::not_reached;
}

}  // namespace

std::string_view name_of(VerdictAbsence absence) {
  constexpr std::string_view names[] = {"disabled",    "too_few_answers", "not_reached",
                                        "call_failed", "unreadable",      "open_ended"};
  return names[static_cast<std::size_t>(absence)];
}

std::optional<VerdictAbsence> verdict_absence(const StepOutputs& outputs, const StepScheduler& scheduler) {
  const auto step = verdict_step(outputs);
  if (!step) return std::nullopt;
  const StepOutput& output = outputs.of(*step);
  if (!output.completed) {
    return scheduler.state(*step) == StepState::dropped ? absence_of_dropped(outputs, outputs.steps()[*step], scheduler)
                                                        : VerdictAbsence::not_reached;
  }
  if (!output.parsed) return VerdictAbsence::call_failed;
  if (!output.parsed->verdict) return VerdictAbsence::unreadable;
  if (output.parsed->verdict->type == VerdictType::open_ended) return VerdictAbsence::open_ended;
  return std::nullopt;
}

}  // namespace plenum::workflow
