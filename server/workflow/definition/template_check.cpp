#include "server/workflow/definition/template_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

namespace plenum::workflow {

namespace {

constexpr std::string_view always_known[] = {"task", "context", "choices", "date", "material_rule", "search_text"};

// The output that a step replaces.
constexpr std::string_view replaced_name = "replaced";

bool is_always_known(std::string_view name) {
  return std::find(std::begin(always_known), std::end(always_known), name) != std::end(always_known);
}

// Fields of every item of a list; kinds add their own.
constexpr std::string_view item_names[] = {"text", "block", "member", "model", "label", "own", "round", "incomplete"};
// A text between delimiters: `code_block`; see MaterialBlocks.
constexpr std::string_view block_suffix = "_block";
// The paths of the files in a text: `code_files`; empty when it holds none.
constexpr std::string_view files_suffix = "_files";
// The list of all rounds' outputs; kinds add a summary.
constexpr std::string_view history_suffix = "_history";

bool is_item_name(std::string_view name) {
  const auto is_in = [&](std::span<const std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto rows = step_kinds();
  return is_in(item_names) ||
         std::any_of(rows.begin(), rows.end(), [&](const StepKind* row) { return is_in(row->item_fields); });
}

// `answers` of `answers_history`; nothing if the name has none of the suffixes.
std::optional<std::string_view> list_behind(std::string_view name) {
  const auto stem = [&](std::string_view suffix) {
    const bool has_it = !suffix.empty() && name.size() > suffix.size() && name.ends_with(suffix);
    return has_it ? std::optional(name.substr(0, name.size() - suffix.size())) : std::nullopt;
  };
  if (const auto list = stem(history_suffix)) return list;
  for (const StepKind* row : step_kinds()) {
    if (const auto list = stem(row->summary_suffix)) return list;
  }
  return std::nullopt;
}

// The name without the suffix, or as it is.
std::string_view without(std::string_view name, std::string_view suffix) {
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

bool is_text_input(std::string_view name, const Visible& visible) {
  return std::any_of(visible.inputs.begin(), visible.inputs.end(),
                     [&](const StepInput& input) { return input.output == name && !visible.is_list(input.step); });
}

bool is_list(std::string_view name, const Visible& visible) {
  return std::any_of(visible.inputs.begin(), visible.inputs.end(),
                     [&](const StepInput& input) { return input.output == name && visible.is_list(input.step); });
}

// Whether a section of this name is rendered once per item.
bool repeats(std::string_view name, const Visible& visible) {
  const auto list = list_behind(name);
  return name == "choices" || is_list(name, visible) || (list && is_list(*list, visible));
}

TemplateError unknown_name(const TemplateUse& use, const Visible& visible) {
  if (visible.every_output.contains(use.name)) {
    return {use.offset, fmt::format("the template uses {{{{{0}}}}}, but \"{0}\" is not an input of the step", use.name),
            fmt::format("Add \"{}\" to `inputs`.", use.name)};
  }
  return {use.offset, fmt::format("unknown template variable {{{{{}}}}}", use.name),
          known_outputs(visible.every_output)};
}

}  // namespace

bool is_reserved(std::string_view name) { return is_always_known(name) || name == replaced_name; }

std::vector<TemplateError> template_errors(const std::string& text, const Visible& visible) {
  const auto uses = template_uses(text);
  if (!uses) return {uses.error()};
  std::vector<TemplateError> faults;
  std::set<std::string> reported;
  const auto is_unsure = [&](const std::string& name) {
    return !visible.knows_inputs && (is_item_name(name) || list_behind(name) || visible.every_output.contains(name) ||
                                     name.ends_with(block_suffix) || name.ends_with(files_suffix));
  };
  for (const TemplateUse& use : *uses) {
    const auto repeated = [&](const std::string& section) { return repeats(section, visible); };
    const bool in_list = std::any_of(use.sections.begin(), use.sections.end(), repeated);
    // Nested lists multiply: ten items on six levels are a million.
    if (in_list && repeats(use.name, visible)) {
      faults.push_back({use.offset, fmt::format("the list {{{{{}}}}} is nested in another list", use.name),
                        "Close the outer section first."});
      continue;
    }
    const auto is_it = [&](const StepInput& input) { return input.output == use.name; };
    const std::string_view behind = without(use.name, block_suffix);
    const bool of_kind = std::find(visible.of_kind.begin(), visible.of_kind.end(), use.name) != visible.of_kind.end();
    const bool is_visible = is_always_known(use.name) || of_kind || behind == "context" ||
                            (visible.replaces && behind == replaced_name) || is_text_input(behind, visible) ||
                            is_text_input(without(use.name, files_suffix), visible) || repeats(use.name, visible) ||
                            (in_list && is_item_name(use.name)) ||
                            std::any_of(visible.inputs.begin(), visible.inputs.end(), is_it);
    if (!is_visible && !is_unsure(use.name) && reported.insert(use.name).second)
      faults.push_back(unknown_name(use, visible));
  }
  return faults;
}

std::string known_outputs(const std::set<std::string>& every_output) {
  return fmt::format("Known: task, context, choices, date, material_rule, search_text, {}.",
                     fmt::join(every_output, ", "));
}

}  // namespace plenum::workflow
