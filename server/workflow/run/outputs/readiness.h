// Whether the result of a run may be acted upon, by the `readiness` of its workflow: every phase had enough members,
// and the synthesis and the verdict exist. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/workflow/run/outputs/step_outputs.h"

namespace plenum::workflow {

enum class ReadinessStatus : std::uint8_t {
  ready,
  not_ready,      // a phase had too few members, or there is no synthesis
  indeterminate,  // an answer without a verdict
};

struct Readiness {
  ReadinessStatus status = ReadinessStatus::ready;
  std::vector<std::string> reasons;  // such as `phase.audits.quorum_not_met`; empty: ready
  std::string explanation;           // for users; empty: ready

  bool is_ready() const { return status == ReadinessStatus::ready; }
};

// Nothing if the workflow has no `readiness`. A phase that fails hides those after it, which depend on it.
std::optional<Readiness> readiness_of(const StepOutputs& outputs, const StepScheduler& scheduler);

// The section of the result: a JSON object.
std::string to_json(const Readiness& readiness);

}  // namespace plenum::workflow
