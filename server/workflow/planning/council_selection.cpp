#include "server/workflow/planning/council_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "common/text/edit_distance.h"

namespace plenum::workflow {

namespace {

const Council* council_named(const std::vector<Council>& councils, std::string_view name) {
  const auto found =
      std::find_if(councils.begin(), councils.end(), [&](const Council& council) { return council.name == name; });
  return found == councils.end() ? nullptr : &*found;
}

// Null: unknown, which the planner reports.
std::shared_ptr<const Workflow> workflow_named(const CouncilSources& sources, const std::string& name,
                                               std::size_t members) {
  if (name != automatic_workflow) return sources.catalog.find(name);
  return sources.catalog.find(automatic_choice(members));
}

ValidationError unknown_council(const std::string& name, const Workflow* workflow, const CouncilSources& sources) {
  std::vector<std::string_view> names;
  for (const Council& council : sources.configured) names.push_back(council.name);
  if (workflow != nullptr) {
    for (const Council& council : workflow->councils) names.push_back(council.name);
  }
  if (names.empty()) {
    return {"/council", fmt::format("unknown council \"{}\": none is defined; add [councils.{}] to the configuration",
                                    name, is_council_name(name) ? name : "NAME")};
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return {"/council", fmt::format("unknown council \"{}\"{}; known councils: {}", name,
                                  suggestion(name, {names.begin(), names.end()}), fmt::join(names, ", "))};
}

// Whether the chairman of the workflow judges the text of one author, as the Judge of a proposal or the Reviewer of a
// program does.
bool chairman_judges_text(const Workflow& workflow) {
  // Before the expansion per member, a list is the output of a step with `each`.
  const auto is_text = [&](const Step& step, const std::string& name) {
    return std::any_of(step.inputs.begin(), step.inputs.end(), [&](const StepInput& input) {
      return input.output == name && workflow.steps[input.step].each == Each::no;
    });
  };
  return workflow.chairman_role && std::any_of(workflow.steps.begin(), workflow.steps.end(), [&](const Step& step) {
           return step.role == *workflow.chairman_role && step.each == Each::no &&
                  std::any_of(step.judges.begin(), step.judges.end(),
                              [&](const std::string& name) { return is_text(step, name); });
         });
}

// A council may be used with any workflow; what this one does not have is omitted.
Council fitted(Council council, const Workflow& workflow) {
  TaskSpec& settings = council.settings;
  if (!workflow.chairman_role) settings.chairman.clear(), council.judge.clear();
  std::erase_if(settings.parameters.roles, [&](const auto& row) {
    return std::find(workflow.roles.begin(), workflow.roles.end(), row.first) == workflow.roles.end();
  });
  std::erase_if(settings.parameters.steps, [&](const auto& row) {
    return std::none_of(workflow.steps.begin(), workflow.steps.end(),
                        [&](const Step& step) { return step.base_id == row.first; });
  });
  return council;
}

}  // namespace

tl::expected<TaskSpec, ValidationError> with_council(TaskSpec task, const CouncilSources& sources) {
  const bool optional = task.council.empty();
  if (optional && !task.members.empty()) return task;
  const std::string name = optional ? std::string(default_council) : task.council;
  const std::string requested = task.workflow.empty() ? sources.default_workflow : task.workflow;
  // With `auto` the workflow depends on the council's members, so its file cannot define the council.
  const auto own = sources.catalog.find(requested);
  const Council* council = own ? council_named(own->councils, name) : nullptr;
  if (council == nullptr) council = council_named(sources.configured, name);
  if (council == nullptr) {
    if (optional) return task;
    return tl::unexpected(unknown_council(name, own.get(), sources));
  }
  const bool open = task.workflow.empty() || task.workflow == automatic_workflow;
  if (open && !council->settings.workflow.empty()) task.workflow = council->settings.workflow;
  const std::size_t members = task.members.empty() ? council->settings.members.size() : task.members.size();
  const auto workflow =
      workflow_named(sources, task.workflow.empty() ? sources.default_workflow : task.workflow, members);
  task.council = name;
  apply_council(task, workflow ? fitted(*council, *workflow) : *council, workflow && chairman_judges_text(*workflow));
  return task;
}

void attribute_to_council(std::vector<ValidationError>& faults, const TaskSpec& requested, const TaskSpec& resolved) {
  if (resolved.council.empty()) return;
  const auto is_of_council = [&](std::string_view pointer) {
    if (pointer.starts_with("/workflow")) return requested.workflow != resolved.workflow;
    if (pointer.starts_with("/members")) return requested.members.empty();
    if (pointer.starts_with("/chairman")) return requested.chairman.empty();
    if (pointer.starts_with("/fallback")) return requested.fallback.empty();
    return pointer.starts_with("/parameters") && requested.parameters.empty();
  };
  for (ValidationError& fault : faults) {
    if (!is_of_council(fault.pointer)) continue;
    fault.detail = fmt::format("council \"{}\", {}: {}", resolved.council, fault.pointer.substr(1), fault.detail);
    fault.pointer = "/council";
  }
}

}  // namespace plenum::workflow
