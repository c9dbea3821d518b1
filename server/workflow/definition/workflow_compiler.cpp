#include "server/workflow/definition/workflow_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "server/workflow/definition/template_check.h"
#include "server/workflow/definition/workflow_parser.h"

namespace plenum::workflow {

namespace {

using Runner = StepKind::Runner;

constexpr std::size_t version_digits = 16;

// Where the tag at this byte of a template stands in the file. A template may be written with escapes
// and line ends that are not in its value, so the tags before it are counted in the file instead.
Place place_in_file(std::string_view file, const Placed<std::string>& text, std::size_t offset) {
  std::size_t tags = 0;
  for (std::size_t at = 0; (at = text.value.find("{{", at)) < offset; at += 2) ++tags;
  std::size_t at = 0;
  for (int line = 1; line < text.place.line; ++line) at = file.find('\n', at) + 1;
  at = file.find("{{", at + static_cast<std::size_t>(text.place.column - 1));
  for (; tags > 0 && at != std::string_view::npos; --tags) at = file.find("{{", at + 2);
  if (at == std::string_view::npos) return text.place;
  const std::string_view before = file.substr(0, at);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<int>(code_points(before.substr(line_start)))};
}

// Turns what was written into a workflow. With faults in the list what it makes is not one.
class Builder {
 public:
  Builder(std::string_view file, Diagnostics& faults) : file_(file), faults_(faults) {}

  Workflow build(WrittenWorkflow& written) {
    workflow_.name = written.name.value;
    workflow_.description = written.description;
    workflow_.deadline = written.deadline;
    workflow_.members_min = written.members_min;
    add_roles(written);
    collect_binders(written);
    for (WrittenEntry& entry : written.entries) {
      if (full_) break;
      entry.rounds > 0 ? add_rounds(entry) : add_step(entry.steps.front(), nullptr, 0);
    }
    finish(written);
    return std::move(workflow_);
  }

 private:
  void add_roles(const WrittenWorkflow& written) {
    if (written.roles.size() > roles_max) {
      return blame(written.name.place, fmt::format("`roles` names {} roles", written.roles.size()),
                   fmt::format("Name at most {}.", roles_max));
    }
    for (const auto& role : written.roles) workflow_.roles.push_back(role.value);
    if (written.chairman && !written.chairman->value.empty()) workflow_.chairman_role = role_index(*written.chairman);
  }

  int role_index(const Placed<std::string>& role) {
    const auto found = std::find(workflow_.roles.begin(), workflow_.roles.end(), role.value);
    if (found == workflow_.roles.end()) {
      blame(role.place, fmt::format("unknown role \"{}\"", role.value),
            fmt::format("`roles` names {}.", fmt::join(workflow_.roles, ", ")));
      return 0;
    }
    return static_cast<int>(found - workflow_.roles.begin());
  }

  void collect_binders(const WrittenWorkflow& written) {
    for (const WrittenEntry& entry : written.entries) {
      for (const WrittenStep& step : entry.steps) {
        if (!step.binds.value.empty()) every_binding_.insert(step.binds.value);
      }
    }
  }

  void add_rounds(WrittenEntry& entry) {
    const int group = workflow_.groups++;
    workflow_.rounds_max = std::max(workflow_.rounds_max, entry.rounds);
    workflow_.rounds_usual = std::max(workflow_.rounds_usual, entry.usual);
    for (int round = 1; round <= entry.rounds; ++round) {
      // The condition is that of the round: it asks the review as it was before the round began.
      std::optional<Condition> condition;
      if (entry.repeat_while) condition = resolve(*entry.repeat_while);
      for (WrittenStep& step : entry.steps) {
        if (full_) return;
        add_step(step, condition ? &*condition : nullptr, round);
        if (!full_) workflow_.steps.back().group = group;
      }
    }
  }

  void add_step(const WrittenStep& written, const Condition* of_round, int round) {
    if (workflow_.steps.size() == steps_max) {
      full_ = true;
      return blame(written.place, fmt::format("there are more than {} steps", steps_max),
                   "Write fewer steps or rounds.");
    }
    Step step = written.step;
    step.id = round > 0 ? fmt::format("{}-{}", written.id.value, round) : written.id.value;
    step.round = round;
    step.binds = written.binds.value;
    if (!written.system.value.empty()) step.system_template = template_of(written.system.value);
    step.user_template = template_of(written.prompt.value);
    if (written.has_names) refer(step, written, of_round, round);
    if (step.binds.empty()) return workflow_.steps.push_back(std::move(step));
    link(step);
    last_binder_[step.binds] = workflow_.steps.size();
    workflow_.steps.push_back(std::move(step));
  }

  // Everything in which the step names something else.
  void refer(Step& step, const WrittenStep& written, const Condition* of_round, int round) {
    set_runner(step, written);
    if (of_round) step.when = *of_round;
    if (written.when && of_round) {
      blame(written.when->binding.place, "a step of a round with a `while` has no `when` of its own", "Take it out.");
    } else if (written.when) {
      step.when = resolve(*written.when);
    }
    for (const auto& need : written.needs) {
      if (const auto found = resolve(need)) step.needs.push_back({need.value, *found});
    }
    for (const auto& use : written.uses) {
      if (const auto found = resolve(use)) step.needs.push_back({use.value, *found, false, true});
    }
    const bool knows_needs = step.needs.size() == written.needs.size() + written.uses.size();
    check_binding(step, written.binds);
    if (knows_needs) check_lists(step, written);
    // The rounds of a step differ in which steps its names mean, not in what its templates may show.
    if (round <= 1) {
      check_template(written.system, step.needs, knows_needs);
      check_template(written.prompt, step.needs, knows_needs);
    }
    if (!ids_.insert(step.id).second) {
      blame(written.id.place, fmt::format("the id \"{}\" is taken", step.id), "Give every step an id of its own.");
    }
  }

  // Its role, or every member.
  void set_runner(Step& step, const WrittenStep& written) {
    if (written.except) {
      step.except_role = role_index(*written.except);
      if (!written.each) blame(written.except->place, "`except` is for steps with `each`", "Take it out.");
    }
    if (step.kind->runner == Runner::search_engine) return set_search(step, written);
    if (written.each) return set_each(step, written);
    if (!written.role.value.empty()) {
      step.role = role_index(written.role);
    } else if (workflow_.roles.size() != 1) {
      blame(written.place, "`role` is missing, and there is not just one role",
            workflow_.roles.empty()
                ? "Name a role in `roles`, or say each = \"members\"."
                : fmt::format("Say which one runs the step: {}.", fmt::join(workflow_.roles, ", ")));
    }
  }

  // Search engines run it, and a task can do without it.
  void set_search(Step& step, const WrittenStep& written) {
    step.role = -1;
    step.on_error = OnError::degrade;
    if (!written.role.value.empty() || written.each) {
      blame(written.place, "a search has neither `role` nor `each`", "Take it out: search engines run the step.");
    }
  }

  void set_each(Step& step, const WrittenStep& written) {
    workflow_.per_member = true;
    step.each = written.each->value == "members" ? Each::member : Each::survivor;
    if (!written.role.value.empty()) {
      blame(written.role.place, "a step with `each` has no `role`", "Take one of the two out.");
    }
    if (step.each == Each::member) return;
    step.each_of = resolve(*written.each);
    if (step.each_of && !is_list(*step.each_of)) {
      blame(written.each->place, fmt::format("\"{}\" is not what every member gave", written.each->value),
            "`each` is \"members\" or a binding of a step that has `each` itself.");
    }
  }

  bool is_list(StepIndex step) const { return workflow_.steps[step].each != Each::no; }

  void check_lists(const Step& step, const WrittenStep& written) {
    const auto list = [&](const Need& need) { return is_list(need.step); };
    const bool needs_list = std::any_of(step.needs.begin(), step.needs.end(), list);
    const bool per_member = step.each != Each::no;
    const StepKind& kind = *step.kind;
    if (kind.runner == Runner::role && per_member) {
      blame(written.place, fmt::format("a {} step cannot have `each`", kind.name),
            "Give it a `role` instead of `each`.");
    } else if (kind.runner == Runner::every_member && !per_member) {
      blame(written.place, fmt::format("a {} step needs `each`", kind.name), "Give the step `each`.");
    } else if (kind.ranks_first_input && (written.needs.empty() || !is_list(step.needs.front().step))) {
      blame(written.place, fmt::format("a {} step needs a list to rank", kind.name),
            "Let `needs` begin with a list of answers.");
    } else if (!needs_list && step.start == StartPolicy::quorum) {
      blame(written.place, "`quorum` and `start` are for steps that need a list", "Take them out.");
    } else if (!needs_list && step.quorum > static_cast<int>(std::max<std::size_t>(step.needs.size(), 1))) {
      blame(written.place, "`quorum` is more than the step needs", "Lower it, or name more in `needs`.");
    }
  }

  void check_binding(const Step& step, const Placed<std::string>& binds) {
    if (is_always_known(step.binds)) {
      return blame(binds.place, fmt::format("`binds` may not be \"{}\"", step.binds), "That name is the task's own.");
    }
    const auto earlier = last_binder_.find(step.binds);
    if (earlier == last_binder_.end()) return;
    if (is_list(earlier->second) != (step.each != Each::no)) {
      blame(binds.place, fmt::format("\"{}\" is every member's in one step and not in another", step.binds),
            "Give all steps that bind the same name an `each`, or different names.");
    }
    if (workflow_.steps[earlier->second].kind->is_verdict != step.kind->is_verdict) {
      blame(binds.place, fmt::format("\"{}\" is a review in one step and not in another", step.binds),
            "Give steps that bind the same name the same `form`, or different names.");
    }
  }

  void link(Step& step) const {
    if (const auto earlier = last_binder_.find(step.binds); earlier != last_binder_.end()) {
      // Steps that bind one name run one after the other, so that `the latest` has a meaning.
      step.rebinds = earlier->second;
      step.after.push_back(earlier->second);
    }
    for (const Need& need : step.needs) step.after.push_back(need.step);
    if (step.when) step.after.push_back(step.when->step);
    std::sort(step.after.begin(), step.after.end());
    step.after.erase(std::unique(step.after.begin(), step.after.end()), step.after.end());
  }

  // The last step so far that binds the name.
  std::optional<StepIndex> resolve(const Placed<std::string>& name) {
    const auto found = last_binder_.find(name.value);
    if (found != last_binder_.end()) return found->second;
    if (every_binding_.contains(name.value)) {
      blame(name.place, fmt::format("\"{}\" is bound only by this step or a later one", name.value),
            "A step may need only what earlier steps bind, so that no two wait for each other.");
    } else {
      blame(name.place, fmt::format("no step binds \"{}\"", name.value), known_bindings(every_binding_));
    }
    return std::nullopt;
  }

  std::optional<Condition> resolve(const WrittenCondition& written) {
    const auto asked = resolve(written.binding);
    if (!asked) return std::nullopt;
    if (!workflow_.steps[*asked].kind->is_verdict) {
      blame(written.binding.place, fmt::format("\"{}\" is not a review", written.binding.value),
            "Ask a step with form = \"review\".");
    }
    return Condition{*asked, written.issues_found};
  }

  // knows_needs: false when some of the needs could not be found, and what they would show is not known.
  void check_template(const Placed<std::string>& text, std::span<const Need> needs, bool knows_needs) {
    const Visible visible{needs, [this](StepIndex step) { return is_list(step); }, every_binding_, knows_needs};
    // Each fault costs a walk through the file, and a file may be made of nothing but faults.
    if (faults_.full()) return;
    for (TemplateFault& fault : template_faults(text.value, visible)) {
      if (faults_.full()) return;
      blame(place_in_file(file_, text, fault.offset), fault.what, std::move(fault.remedy));
    }
  }

  // The answer is made when all steps are over, so it needs the last binder of every name.
  void finish(WrittenWorkflow& written) {
    if (workflow_.steps.empty() || full_) return;
    for (const auto& [name, step] : last_binder_) workflow_.answer_needs.push_back({name, step});
    check_template(written.answer, workflow_.answer_needs, true);
    workflow_.answer_template = template_of(written.answer.value);
    if (written.synthesis && !written.synthesis->value.empty()) {
      const auto step = resolve(*written.synthesis);
      if (step && is_list(*step)) {
        blame(written.synthesis->place, fmt::format("\"{}\" is what every member gave", written.synthesis->value),
              "A synthesis is one text: name what a step with a `role` binds.");
      }
      if (step) workflow_.synthesis = Need{written.synthesis->value, *step};
    }
    if (!written.review || written.review->value.empty()) return;
    if (const auto asked = resolve(WrittenCondition{*written.review, true})) {
      workflow_.review = Need{written.review->value, asked->step};
    }
  }

  // The rounds of a step have theirs together.
  SharedTemplate template_of(const std::string& text) {
    SharedTemplate& made = templates_[text];
    if (!made) made = std::make_shared<const Template>(text);
    return made;
  }

  void blame(Place place, std::string_view what, std::string remedy) { faults_.add(place, what, std::move(remedy)); }

  const std::string_view file_;
  Diagnostics& faults_;
  Workflow workflow_;
  bool full_ = false;  // no step more is taken
  std::set<std::string> every_binding_, ids_;
  std::map<std::string, SharedTemplate> templates_;
  std::map<std::string, StepIndex> last_binder_;  // so far
};

Workflow read_and_build(std::string_view text, const std::string& origin, Diagnostics& faults) {
  if (text.size() > file_bytes_max) {
    faults.add({}, fmt::format("the file has {} bytes", text.size()),
               fmt::format("A workflow file holds at most {} MiB, and one template {} KiB.", file_bytes_max >> 20,
                           prompt_bytes_max >> 10));
    return {};
  }
  auto written = read_workflow_file(text, faults);
  if (!written) return {};
  Workflow workflow = Builder(text, faults).build(*written);
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
  checked.faults = faults.take_by_place();
  return checked;
}

}  // namespace plenum::workflow
