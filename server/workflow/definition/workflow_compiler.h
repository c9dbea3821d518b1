// Compiles a workflow file (TOML with Mustache prompts; docs/workflows.md). Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/workflow/definition/diagnostics.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// The workflow of a file: syntax, names, references, template variables and limits checked, rounds unrolled.
// Fails with workflow_invalid, `origin:line:column: what` and a remedy, for the first error found.
Result<Workflow> load_workflow(std::string_view text, const std::string& origin);

// The same with all errors, sorted by position: a workflow, or errors and no workflow.
struct CheckedWorkflow {
  std::optional<Workflow> workflow;
  std::vector<Diagnostic> faults;
};
CheckedWorkflow check_workflow(std::string_view text, const std::string& origin);

inline constexpr std::size_t file_bytes_max = 4u << 20;     // a larger file is not a workflow
inline constexpr std::size_t steps_max = 1000;              // after unrolling
inline constexpr std::size_t prompt_bytes_max = 64 * 1024;  // per template
inline constexpr std::size_t name_bytes_max = 64;
inline constexpr std::size_t roles_max = 64;
inline constexpr std::size_t names_max = 100;  // per list
inline constexpr int members_max = 64;

}  // namespace plenum::workflow
