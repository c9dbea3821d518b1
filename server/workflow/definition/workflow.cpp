#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

std::string_view kind_of(const Step& step, const Workflow& workflow) {
  switch (step.form) {
    case OutputForm::review:
      return "review";
    case OutputForm::ranking:
      return "rank";
    case OutputForm::search:
      return "search";
    case OutputForm::choice:
      return "vote";
    case OutputForm::text:
    case OutputForm::largest_fence:
      break;
  }
  return workflow.synthesis && step.binds == workflow.synthesis->binding ? "merge" : "generate";
}

}  // namespace plenum::workflow
