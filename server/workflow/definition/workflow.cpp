#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

bool is_synthesis(const Step& step, const Workflow& workflow) {
  return workflow.synthesis && step.output == workflow.synthesis->output;
}

std::string_view event_kind_of(const Step& step, const Workflow& workflow) {
  if (!step.kind->event_kind.empty()) return step.kind->event_kind;
  return is_synthesis(step, workflow) ? "merge" : "generate";
}

}  // namespace plenum::workflow
