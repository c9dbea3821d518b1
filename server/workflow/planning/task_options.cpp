#include "server/workflow/planning/task_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/json/json.h"
#include "server/workflow/definition/member_expansion.h"

namespace plenum::workflow {

namespace {

constexpr std::size_t choices_max = 64;

bool has_kind(const Workflow& workflow, const StepKind* kind) {
  return std::any_of(workflow.steps.begin(), workflow.steps.end(), [&](const Step& step) { return step.kind == kind; });
}

// In an unexpanded workflow, where a list is one step.
bool takes_list(const Step& step, const Workflow& workflow) {
  return std::any_of(step.inputs.begin(), step.inputs.end(),
                     [&](const StepInput& input) { return workflow.steps[input.step].each != Each::no; });
}

std::vector<std::string_view> known_options(const Workflow& workflow) {
  std::vector<std::string_view> known;
  if (workflow.rounds_max > 0) known.push_back("rounds");
  if (workflow.rounds_max > 0 && workflow.per_member) {
    known.push_back("converge");
    known.push_back("rounds_min");
  }
  for (const StepKind* kind : step_kinds()) {
    if (!kind->option.empty() && has_kind(workflow, kind)) known.push_back(kind->option);
  }
  if (std::any_of(workflow.steps.begin(), workflow.steps.end(),
                  [&](const Step& step) { return takes_list(step, workflow); })) {
    known.push_back("quorum");
  }
  if (ranks_late(workflow)) known.push_back("late");
  const auto may_fail = [](const Step& step) { return step.on_error == OnError::degrade; };
  if (std::any_of(workflow.steps.begin(), workflow.steps.end(), may_fail)) known.push_back("strict");
  return known;
}

bool are_choices(const Json& value) {
  const auto is_text = [](const Json& one) { return one.is_string() && !one.get_ref<const std::string&>().empty(); };
  const std::set<Json> different(value.begin(), value.end());
  return value.is_array() && different.size() == value.size() && value.size() >= 2 && value.size() <= choices_max &&
         std::all_of(value.begin(), value.end(), is_text);
}

std::optional<LatePolicy> late_policy_named(const Json& value) {
  if (value == "rank") return LatePolicy::rank;
  if (value == "drop") return LatePolicy::drop;
  if (value == "wait") return LatePolicy::wait;
  return std::nullopt;
}

// Stores one value; returns what is expected if the value is invalid.
std::optional<std::string> set_option(TaskOptions& options, const std::string& key, const Json& value, int rounds_max,
                                      std::size_t members) {
  if (key == "rounds" || key == "rounds_min") {
    if (!value.is_number_integer() || value < 0 || value > rounds_max) {
      return fmt::format("must be a whole number from 0 to {}", rounds_max);
    }
    key == "rounds" ? void(options.rounds = value.get<int>()) : void(options.rounds_min = value.get<int>());
  } else if (key == "quorum") {
    if (!value.is_number_integer() || value < 1 || value > members) {
      return fmt::format("must be a whole number from 1 to {}, the number of members that can answer", members);
    }
    options.quorum = value.get<int>();
  } else if (key == "late") {
    options.late = late_policy_named(value);
    if (!options.late) return R"(must be "rank", "drop" or "wait")";
  } else if (key == "choices") {
    if (!are_choices(value)) return fmt::format("must be a list of 2 to {} different texts", choices_max);
    options.choices = value.get<std::vector<std::string>>();
  } else if (key == "converge") {
    if (!value.is_number() || value <= 0 || value > 1) return "must be a number above 0 and up to 1";
    options.converge = value.get<double>();
  } else if (key == "search") {
    if (value != "requery" && !value.is_boolean()) return R"(must be true, false or "requery")";
    options.search = value == "requery" ? SearchMode::requery : value == true ? SearchMode::search : SearchMode::none;
  } else {
    if (!value.is_boolean()) return "must be true or false";
    if (key == "strict") options.strict = value.get<bool>();
    if (key == "exclude_self") options.exclude_self = value.get<bool>();
    if (key == "verdict") options.verdict = value.get<bool>();
  }
  return std::nullopt;
}

}  // namespace

TaskOptions read_task_options(const std::string& json, const Workflow& workflow, std::size_t members,
                              std::vector<ValidationError>& faults) {
  TaskOptions options;
  const auto object = parse_json(json);
  if (!object || !object->is_object()) {
    faults.push_back({"/options", "must be an object"});
    return options;
  }
  const auto known = known_options(workflow);
  for (const auto& [key, value] : object->items()) {
    const std::string pointer = pointer_to("/options", key);
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      faults.push_back(
          {pointer, fmt::format("workflow \"{}\" does not support this option; it supports {}", workflow.name,
                                known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")))});
    } else if (auto expected = set_option(options, key, value, workflow.rounds_max, members)) {
      faults.push_back({pointer, std::move(*expected)});
    }
  }
  for (const StepKind* kind : step_kinds()) {
    if (kind->option_missing.empty() || !has_kind(workflow, kind) || object->contains(kind->option)) continue;
    faults.push_back({fmt::format("/options/{}", kind->option),
                      fmt::format("workflow \"{}\" {}", workflow.name, kind->option_missing)});
  }
  return options;
}

}  // namespace plenum::workflow
