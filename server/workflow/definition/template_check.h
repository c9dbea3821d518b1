// What a step's templates may show, asked when a workflow file is loaded. Pure; any thread.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "server/workflow/definition/template.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// The names that a template can see besides those that every task has.
struct Visible {
  std::span<const Need> needs;
  std::function<bool(StepIndex step)> is_list;  // whether what the step binds is every member's
  const std::set<std::string>& every_binding;   // of the whole file, for the words of a fault
  // False: some needs are not known, so only names that nothing in the file binds are faults.
  bool knows_needs = true;
};

// Whether a task has something of this name itself, whatever the workflow.
bool is_always_known(std::string_view name);
// Every name that the template cannot see, each once, and every list that stands inside another; or the one
// fault for which it cannot be read.
std::vector<TemplateFault> template_faults(const std::string& text, const Visible& visible);
// `Known: task, …`, for faults of names.
std::string known_bindings(const std::set<std::string>& every_binding);

}  // namespace plenum::workflow
