// Checks at load time that the templates of a step use only variables that the step has. Pure; any thread.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "server/workflow/definition/template.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// The variables of a template besides those that every task has.
struct Visible {
  std::span<const StepInput> inputs;
  std::function<bool(StepIndex step)> is_list;  // whether the step's output is a list, one item per member
  const std::set<std::string>& every_output;    // of the whole file, for error messages
  // False: some inputs could not be resolved, so only names that no step of the file outputs are errors.
  bool knows_inputs = true;
  std::span<const std::string_view> of_kind{};  // further names that the kind of the step provides
  bool replaces = false;                        // the step replaces an earlier output: it has `replaced`
};

// Whether steps have a variable of this name whatever the workflow: no output may have it.
bool is_reserved(std::string_view name);
// Every unknown variable, each once, and every nested list; or the one syntax error.
std::vector<TemplateError> template_errors(const std::string& text, const Visible& visible);
// `Known: task, …`, for errors about names.
std::string known_outputs(const std::set<std::string>& every_output);

}  // namespace plenum::workflow
