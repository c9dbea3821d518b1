#include "server/workflow/definition/workflow_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "server/workflow/definition/step_check.h"
#include "server/workflow/definition/template_check.h"
#include "server/workflow/definition/workflow_parser.h"

namespace plenum::workflow {

namespace {

using Runner = StepKind::Runner;

constexpr std::size_t version_digits = 16;

// The position in the file of the tag at this byte offset of a template. Escapes and line ends of the file are
// not in the template's value, so tags are counted instead of bytes.
Position position_in_file(std::string_view file, const Located<std::string>& text, std::size_t offset) {
  std::size_t tags = 0;
  for (std::size_t at = 0; (at = text.value.find("{{", at)) < offset; at += 2) ++tags;
  std::size_t at = 0;
  for (int line = 1; line < text.position.line; ++line) at = file.find('\n', at) + 1;
  at = file.find("{{", at + static_cast<std::size_t>(text.position.column - 1));
  for (; tags > 0 && at != std::string_view::npos; --tags) at = file.find("{{", at + 2);
  if (at == std::string_view::npos) return text.position;
  const std::string_view before = file.substr(0, at);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<int>(code_points(before.substr(line_start)))};
}

// Builds the workflow from the parsed file. The result is invalid if errors were added.
class Builder {
 public:
  Builder(std::string_view file, Diagnostics& faults) : file_(file), diagnostics_(faults) {}

  Workflow build(ParsedWorkflow& parsed) {
    workflow_.name = parsed.name.value;
    workflow_.description = parsed.description;
    workflow_.deadline = parsed.deadline;
    workflow_.members_min = parsed.members_min;
    workflow_.parameters = std::move(parsed.parameters);
    workflow_.councils = std::move(parsed.councils);
    check_name(parsed.name);
    add_roles(parsed);
    collect_outputs(parsed);
    for (ParsedEntry& entry : parsed.entries) {
      if (full_) break;
      entry.rounds > 0 ? add_rounds(entry) : add_step(entry.steps.front(), nullptr, 0);
    }
    finish(parsed);
    return std::move(workflow_);
  }

 private:
  void add_roles(const ParsedWorkflow& parsed) {
    if (parsed.roles.size() > roles_max) {
      return report(parsed.name.position, fmt::format("`roles` names {} roles", parsed.roles.size()),
                    fmt::format("Name at most {}.", roles_max));
    }
    for (const auto& role : parsed.roles) workflow_.roles.push_back(role.value);
    for (const auto& [role, parameters] : parsed.of_roles) {
      role_index(role);
      workflow_.of_roles[role.value] = parameters;
    }
    if (parsed.chairman && !parsed.chairman->value.empty()) workflow_.chairman_role = role_index(*parsed.chairman);
  }

  void check_name(const Located<std::string>& name) {
    if (name.value != automatic_workflow) return;
    report(name.position, fmt::format("`name` may not be \"{}\"", automatic_workflow),
           "Tasks use this name to let the server choose a workflow.");
  }

  int role_index(const Located<std::string>& role) {
    const auto found = std::find(workflow_.roles.begin(), workflow_.roles.end(), role.value);
    if (found == workflow_.roles.end()) {
      report(role.position, fmt::format("unknown role \"{}\"", role.value),
             fmt::format("`roles` names {}.", fmt::join(workflow_.roles, ", ")));
      return 0;
    }
    return static_cast<int>(found - workflow_.roles.begin());
  }

  void collect_outputs(const ParsedWorkflow& parsed) {
    for (const ParsedEntry& entry : parsed.entries) {
      for (const ParsedStep& step : entry.steps) {
        if (!step.output.value.empty()) every_output_.insert(step.output.value);
      }
    }
  }

  void add_rounds(ParsedEntry& entry) {
    const int group = workflow_.groups++;
    workflow_.rounds_max = std::max(workflow_.rounds_max, entry.rounds);
    workflow_.rounds_default = std::max(workflow_.rounds_default, entry.default_rounds);
    if (entry.default_converge) workflow_.converge_default = entry.default_converge;
    for (int round = 1; round <= entry.rounds; ++round) {
      // Evaluated on the review as it was before the round started.
      std::optional<Condition> condition;
      if (entry.repeat_while) condition = resolve(*entry.repeat_while);
      for (ParsedStep& step : entry.steps) {
        if (full_) return;
        add_step(step, condition ? &*condition : nullptr, round);
        if (!full_) workflow_.steps.back().group = group;
      }
    }
  }

  void add_step(const ParsedStep& parsed, const Condition* of_round, int round) {
    if (workflow_.steps.size() == steps_max) {
      full_ = true;
      return report(parsed.position, fmt::format("there are more than {} steps", steps_max),
                    "Write fewer steps or rounds.");
    }
    Step step = parsed.step;
    step.base_id = parsed.id.value;
    step.id = round > 0 ? fmt::format("{}-{}", parsed.id.value, round) : parsed.id.value;
    step.round = round;
    step.output = parsed.output.value;
    if (!parsed.system.value.empty()) step.system_template = template_of(parsed.system.value);
    step.user_template = template_of(parsed.prompt.value);
    if (parsed.has_names) refer(step, parsed, of_round, round);
    if (step.output.empty()) return workflow_.steps.push_back(std::move(step));
    link(step);
    last_producer_[step.output] = workflow_.steps.size();
    workflow_.steps.push_back(std::move(step));
  }

  // Resolves all references of the step.
  void refer(Step& step, const ParsedStep& parsed, const Condition* of_round, int round) {
    set_runner(step, parsed);
    if (of_round) step.when = *of_round;
    if (parsed.when && parsed.when->late) {
      step.late_of = parsed.when->output.value;
    } else if (parsed.when && of_round) {
      report(parsed.when->output.position, "a step of a round with `while` cannot have its own `when`", "Remove it.");
    } else if (parsed.when) {
      step.when = resolve(*parsed.when);
    }
    for (const auto& input : parsed.inputs) {
      if (const auto found = resolve(input)) step.inputs.push_back({input.value, *found});
    }
    for (const auto& input : parsed.optional_inputs) {
      if (const auto found = resolve(input)) step.inputs.push_back({input.value, *found, false, true});
    }
    check_judges(step, parsed);
    const bool knows_inputs = step.inputs.size() == parsed.inputs.size() + parsed.optional_inputs.size();
    step_check_.check(step, parsed, knows_inputs);
    // Rounds differ in the steps that names resolve to, not in the names that templates may use.
    if (round <= 1) {
      const bool replaces = last_producer_.contains(step.output);
      for (const auto* text : {&parsed.system, &parsed.prompt}) {
        check_template(*text, step.inputs, knows_inputs, step.kind->prompt_names, replaces);
      }
    }
    if (!ids_.insert(step.id).second) {
      report(parsed.id.position, fmt::format("the id \"{}\" is already used", step.id),
             "Use a unique id for every step.");
    }
  }

  void check_judges(Step& step, const ParsedStep& parsed) {
    for (const auto& judged : parsed.judges) {
      step.judges.push_back(judged.value);
      const auto is_it = [&](const auto& input) { return input.value == judged.value; };
      if (std::any_of(parsed.inputs.begin(), parsed.inputs.end(), is_it)) continue;
      report(judged.position, fmt::format("`judges` names \"{}\", which is not in `inputs`", judged.value),
             "Add it to `inputs`.");
    }
  }

  // The step's role, or every member.
  void set_runner(Step& step, const ParsedStep& parsed) {
    for (const auto& role : parsed.except) {
      step.except_roles.push_back(role_index(role));
      if (!parsed.each) report(role.position, "`except` requires `each`", "Remove it.");
    }
    if (step.kind->is_auxiliary) step.on_error = OnError::degrade;
    if (step.kind->runner == Runner::search_engine) return set_search(step, parsed);
    if (parsed.each) return set_each(step, parsed);
    if (!parsed.role.value.empty()) {
      step.role = role_index(parsed.role);
    } else if (workflow_.roles.size() != 1) {
      report(parsed.position, "`role` is missing, and the workflow does not have exactly one role",
             workflow_.roles.empty() ? "Add a role to `roles`, or set each = \"members\"."
                                     : fmt::format("Set `role` to one of {}.", fmt::join(workflow_.roles, ", ")));
    }
  }

  // A search is run by search engines, and the task does not depend on it.
  void set_search(Step& step, const ParsedStep& parsed) {
    step.role = -1;
    step.on_error = OnError::degrade;
    if (!parsed.role.value.empty() || parsed.each) {
      report(parsed.position, "a search has neither `role` nor `each`", "Remove it: search engines run the step.");
    }
  }

  void set_each(Step& step, const ParsedStep& parsed) {
    workflow_.per_member = true;
    step.each = parsed.each->value == "members" ? Each::member : Each::survivor;
    if (!parsed.role.value.empty()) {
      report(parsed.role.position, "a step has either `each` or `role`", "Remove one of them.");
    }
    if (step.each == Each::member) return;
    step.each_of = resolve(*parsed.each);
    if (step.each_of && !is_list(*step.each_of)) {
      report(parsed.each->position, fmt::format("\"{}\" is not a list of member outputs", parsed.each->value),
             "`each` is \"members\" or the output of a step that has `each`.");
    }
  }

  bool is_list(StepIndex step) const { return workflow_.steps[step].each != Each::no; }

  void link(Step& step) const {
    if (const auto earlier = last_producer_.find(step.output); earlier != last_producer_.end()) {
      // Steps with the same output run one after the other, so that the latest one is defined.
      step.supersedes = earlier->second;
      step.after.push_back(earlier->second);
    }
    for (const StepInput& input : step.inputs) step.after.push_back(input.step);
    if (step.when) step.after.push_back(step.when->step);
    std::sort(step.after.begin(), step.after.end());
    step.after.erase(std::unique(step.after.begin(), step.after.end()), step.after.end());
  }

  // The last step so far with this output.
  std::optional<StepIndex> resolve(const Located<std::string>& name) {
    const auto found = last_producer_.find(name.value);
    if (found != last_producer_.end()) return found->second;
    if (every_output_.contains(name.value)) {
      report(name.position, fmt::format("\"{}\" is output only by this step or a later one", name.value),
             "Use only outputs of earlier steps, so that no two steps wait for each other.");
    } else {
      report(name.position, fmt::format("no step outputs \"{}\"", name.value), known_outputs(every_output_));
    }
    return std::nullopt;
  }

  std::optional<Condition> resolve(const ParsedCondition& parsed) {
    const auto reviewed = resolve(parsed.output);
    if (!reviewed) return std::nullopt;
    if (!workflow_.steps[*reviewed].kind->is_condition) {
      report(parsed.output.position, fmt::format("\"{}\" is not a review", parsed.output.value),
             "Name the output of a step with kind = \"review\".");
    }
    return Condition{*reviewed, parsed.issues_found};
  }

  // knows_inputs: false if some inputs could not be resolved, so their names are unknown.
  void check_template(const Located<std::string>& text, std::span<const StepInput> inputs, bool knows_inputs,
                      std::span<const std::string_view> of_kind = {}, bool replaces = false) {
    const auto is_list_step = [this](StepIndex step) { return is_list(step); };
    const Visible visible{inputs, is_list_step, every_output_, knows_inputs, of_kind, replaces};
    // Each error scans the file, and a file may consist of errors only.
    if (diagnostics_.full()) return;
    for (TemplateError& fault : template_errors(text.value, visible)) {
      if (diagnostics_.full()) return;
      report(position_in_file(file_, text, fault.offset), fault.what, std::move(fault.remedy));
    }
  }

  // The answer is rendered after all steps, from the last step of every output.
  void finish(ParsedWorkflow& parsed) {
    if (workflow_.steps.empty() || full_) return;
    for (const auto& [name, step] : last_producer_) workflow_.answer_inputs.push_back({name, step});
    check_template(parsed.answer, workflow_.answer_inputs, true);
    workflow_.answer_template = template_of(parsed.answer.value);
    if (parsed.synthesis && !parsed.synthesis->value.empty()) {
      const auto step = resolve(*parsed.synthesis);
      if (step && is_list(*step)) {
        report(parsed.synthesis->position, fmt::format("\"{}\" is a list", parsed.synthesis->value),
               "A synthesis is one text: name the output of a step with `role`.");
      }
      if (step) workflow_.synthesis = StepInput{parsed.synthesis->value, *step};
    }
    for (const auto& [stage, members_min] : parsed.readiness) add_readiness(stage, members_min);
    if (!parsed.review || parsed.review->value.empty()) return;
    if (const auto reviewed = resolve(ParsedCondition{*parsed.review, true})) {
      workflow_.review = StepInput{parsed.review->value, reviewed->step};
    }
  }

  void add_readiness(const Located<std::string>& stage, int members_min) {
    const auto is_of_it = [&](const Step& step) { return step.stage == stage.value; };
    if (std::none_of(workflow_.steps.begin(), workflow_.steps.end(), is_of_it)) {
      report(stage.position, fmt::format("no step has the stage \"{}\"", stage.value), "Name the `stage` of a step.");
    }
    workflow_.readiness.push_back({stage.value, members_min});
  }

  // Shared by all rounds of a step.
  SharedTemplate template_of(const std::string& text) {
    SharedTemplate& made = templates_[text];
    if (!made) made = std::make_shared<const Template>(text);
    return made;
  }

  void report(Position position, std::string_view what, std::string remedy) {
    diagnostics_.add(position, what, std::move(remedy));
  }

  const std::string_view file_;
  Diagnostics& diagnostics_;
  Workflow workflow_;
  bool full_ = false;  // the maximum number of steps is reached
  std::set<std::string> every_output_, ids_;
  std::map<std::string, SharedTemplate> templates_;
  std::map<std::string, StepIndex> last_producer_;  // so far
  StepCheck step_check_{workflow_.steps, last_producer_, diagnostics_};
};

Workflow read_and_build(std::string_view text, const std::string& origin, Diagnostics& faults) {
  if (text.size() > file_bytes_max) {
    faults.add({}, fmt::format("the file has {} bytes", text.size()),
               fmt::format("A workflow file holds at most {} MiB, and one template {} KiB.", file_bytes_max >> 20,
                           prompt_bytes_max >> 10));
    return {};
  }
  auto parsed = parse_workflow_file(text, faults);
  if (!parsed) return {};
  Workflow workflow = Builder(text, faults).build(*parsed);
  workflow.origin = origin;
  workflow.version = sha256_hex(text).substr(0, version_digits);
  workflow.source = std::make_shared<const std::string>(text);
  return workflow;
}

}  // namespace

Result<Workflow> load_workflow(std::string_view text, const std::string& origin) {
  Diagnostics faults;
  Workflow workflow = read_and_build(text, origin, faults);
  if (!faults.empty()) return Failure(error_of(origin, faults.all().front()));
  return workflow;
}

CheckedWorkflow check_workflow(std::string_view text, const std::string& origin) {
  Diagnostics faults;
  CheckedWorkflow checked;
  checked.workflow = read_and_build(text, origin, faults);
  if (!faults.empty()) checked.workflow.reset();
  checked.faults = faults.take_sorted();
  return checked;
}

}  // namespace plenum::workflow
