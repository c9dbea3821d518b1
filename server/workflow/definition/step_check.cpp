#include "server/workflow/definition/step_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/workflow/definition/template_check.h"

namespace plenum::workflow {

using Runner = StepKind::Runner;

void StepCheck::check(const Step& step, const ParsedStep& parsed, bool knows_inputs) {
  check_output(step, parsed.output);
  if (!knows_inputs) return;
  check_lists(step, parsed);
  check_late(step, parsed);
  check_start(step, parsed);
}

void StepCheck::check_lists(const Step& step, const ParsedStep& parsed) {
  const auto list = [&](const StepInput& input) { return is_list(input.step); };
  const bool takes_list = std::any_of(step.inputs.begin(), step.inputs.end(), list);
  const bool per_member = step.each != Each::no;
  const StepKind& kind = *step.kind;
  if (kind.runner == Runner::role && per_member) {
    diagnostics_.add(parsed.position, fmt::format("a {} step cannot have `each`", kind.name),
                     "Use `role` instead of `each`.");
  } else if (kind.runner == Runner::every_member && !per_member) {
    diagnostics_.add(parsed.position, fmt::format("a {} step requires `each`", kind.name), "Add `each` to the step.");
  } else if (kind.labels_first_input && (parsed.inputs.empty() || !is_list(step.inputs.front().step))) {
    diagnostics_.add(parsed.position, fmt::format("a {} step has no list to judge", kind.name),
                     "Put a list of answers first in `inputs`.");
  } else if (kind.is_verdict && step.quorum < 2) {
    diagnostics_.add(parsed.position, fmt::format("a {} step requires a `quorum` of at least 2", kind.name),
                     "Set it: with one answer there are no positions to compare.");
  } else if (step.on_request && !kind.is_verdict) {
    diagnostics_.add(parsed.position, "`enabled_by = \"verdict\"` requires kind = \"verdict\"", "Remove it.");
  } else if (!takes_list && step.start == StartPolicy::quorum) {
    diagnostics_.add(parsed.position, "`quorum` and `start` require a list input", "Remove them.");
  } else if (!takes_list && step.quorum > static_cast<int>(std::max<std::size_t>(step.inputs.size(), 1))) {
    diagnostics_.add(parsed.position, "`quorum` exceeds the number of inputs", "Lower it, or add to `inputs`.");
  }
}

// A step that ranks late items once more replaces the ranking that missed them.
void StepCheck::check_late(const Step& step, const ParsedStep& parsed) {
  if (step.late_of.empty()) return;
  const Position position = parsed.when->output.position;
  const auto is_it = [&](const StepInput& input) { return input.output == step.late_of && is_list(input.step); };
  const auto reads_it = [&](const Step& other) {
    return other.kind->labels_first_input && std::any_of(other.inputs.begin(), other.inputs.end(), is_it);
  };
  const auto earlier = last_producer_.find(step.output);
  if (!reads_it(step)) {
    diagnostics_.add(position, fmt::format("\"{}\" is not a list that the step ranks", step.late_of),
                     "Use \"late\" in a ranking step, for a list among its `inputs`.");
  } else if (earlier == last_producer_.end() || !reads_it(steps_[earlier->second])) {
    diagnostics_.add(position,
                     fmt::format("no earlier step outputs \"{}\" as a ranking of \"{}\"", step.output, step.late_of),
                     "Give the step the `output` of the ranking that it repeats.");
  } else if (step.start != StartPolicy::all) {
    diagnostics_.add(parsed.position, "a step for late items cannot start early", "Remove `start`.");
  }
}

// A `start` without effect would let its author believe that slow members are not waited for.
void StepCheck::check_start(const Step& step, const ParsedStep& parsed) {
  if (step.start == StartPolicy::all || step.round > 1) return;
  const auto blocker = early_starts_.blocker_of(steps_, step);
  if (!blocker) return;
  diagnostics_.add(parsed.position,
                   fmt::format("`start` has no effect: \"{}\" is available only when all of \"{}\" is", blocker->input,
                               blocker->list),
                   fmt::format("Remove it, or set it in the steps before \"{}\" too.", blocker->input));
}

void StepCheck::check_output(const Step& step, const Located<std::string>& output) {
  if (is_reserved(step.output)) {
    return diagnostics_.add(output.position, fmt::format("`output` may not be \"{}\"", step.output),
                            "This name is reserved for the task.");
  }
  const auto earlier = last_producer_.find(step.output);
  if (earlier == last_producer_.end()) return;
  if (is_list(earlier->second) != (step.each != Each::no)) {
    diagnostics_.add(output.position, fmt::format("\"{}\" is a list in one step and not in another", step.output),
                     "Add `each` to all steps with this output, or use different names.");
  }
  if (steps_[earlier->second].kind->is_condition != step.kind->is_condition) {
    diagnostics_.add(output.position, fmt::format("\"{}\" is a review in one step and not in another", step.output),
                     "Use the same `kind` for all steps with this output, or different names.");
  }
}

}  // namespace plenum::workflow
