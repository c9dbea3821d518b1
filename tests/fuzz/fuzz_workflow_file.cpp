// A file is parsed into a workflow or diagnostics, never both and never neither; every diagnostic has a position and a
// remedy. A workflow is within its limits, each step follows its inputs, and its templates can be rendered.
#include <cstdint>
#include <string>

#include "common/base/utf8.h"
#include "server/workflow/definition/template.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "tests/fuzz/require.h"

using namespace plenum::workflow;
using plenum::tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const CheckedWorkflow checked = check_workflow(text, "fuzz.toml");
  require(checked.workflow.has_value() == checked.faults.empty());
  require(checked.faults.size() <= diagnostics_max);
  for (const Diagnostic& fault : checked.faults) {
    require(!fault.what.empty() && !fault.remedy.empty() && fault.position.line >= 1 && fault.position.column >= 1);
  }
  require(load_workflow(text, "fuzz.toml").has_value() == checked.faults.empty());
  if (!checked.workflow) return 0;
  const Workflow& workflow = *checked.workflow;
  require(!workflow.steps.empty() && workflow.steps.size() <= steps_max && *workflow.source == text);
  for (std::size_t i = 0; i < workflow.steps.size(); ++i) {
    const Step& step = workflow.steps[i];
    require(step.each != Each::no || step.kind->runner == StepKind::Runner::search_engine ||
            static_cast<std::size_t>(step.role) < workflow.roles.size());
    for (const StepIndex earlier : step.after) require(earlier < i);
    const auto shown = step.user_template->render({{"task", "t"}}, rendered_bytes_max);
    require(shown && shown->size() <= prompt_bytes_max + tags_max);
  }
  return 0;
}
