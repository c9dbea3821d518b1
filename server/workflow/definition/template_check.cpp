#include "server/workflow/definition/template_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace plenum::workflow {

namespace {

constexpr std::string_view always_known[] = {"task", "context", "choices"};

bool is_item_name(std::string_view name) {
  return std::find(std::begin(item_names), std::end(item_names), name) != std::end(item_names);
}

// `answers` of `answers_history`; nothing when the name has none of the endings.
std::optional<std::string_view> list_behind(std::string_view name) {
  for (const std::string_view ending : list_endings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return std::nullopt;
}

bool is_list(std::string_view name, const Visible& visible) {
  return std::any_of(visible.needs.begin(), visible.needs.end(),
                     [&](const Need& need) { return need.binding == name && visible.is_list(need.step); });
}

// Whether a section of this name is shown once for each of several items.
bool repeats(std::string_view name, const Visible& visible) {
  const auto list = list_behind(name);
  return name == "choices" || is_list(name, visible) || (list && is_list(*list, visible));
}

TemplateFault unseen(const TemplateUse& use, const Visible& visible) {
  if (visible.every_binding.contains(use.name)) {
    return {use.offset,
            fmt::format("the template shows {{{{{0}}}}}, but \"{0}\" is not among the step's needs", use.name),
            fmt::format("Add \"{}\" to `needs`.", use.name)};
  }
  return {use.offset, fmt::format("unknown template variable {{{{{}}}}}", use.name),
          known_bindings(visible.every_binding)};
}

}  // namespace

bool is_always_known(std::string_view name) {
  return std::find(std::begin(always_known), std::end(always_known), name) != std::end(always_known);
}

std::vector<TemplateFault> template_faults(const std::string& text, const Visible& visible) {
  const auto uses = template_uses(text);
  if (!uses) return {uses.error()};
  std::vector<TemplateFault> faults;
  std::set<std::string> told;
  const auto is_unsure = [&](const std::string& name) {
    return !visible.knows_needs && (is_item_name(name) || list_behind(name) || visible.every_binding.contains(name));
  };
  for (const TemplateUse& use : *uses) {
    const auto repeated = [&](const std::string& section) { return repeats(section, visible); };
    const bool in_list = std::any_of(use.sections.begin(), use.sections.end(), repeated);
    // A list inside a list would multiply them: with ten of each, six levels are a million.
    if (in_list && repeats(use.name, visible)) {
      faults.push_back({use.offset, fmt::format("the list {{{{{}}}}} stands inside another list", use.name),
                        "Close the outer section first."});
      continue;
    }
    const auto is_it = [&](const Need& need) { return need.binding == use.name; };
    const bool seen = is_always_known(use.name) || repeats(use.name, visible) || (in_list && is_item_name(use.name)) ||
                      std::any_of(visible.needs.begin(), visible.needs.end(), is_it);
    if (!seen && !is_unsure(use.name) && told.insert(use.name).second) faults.push_back(unseen(use, visible));
  }
  return faults;
}

std::string known_bindings(const std::set<std::string>& every_binding) {
  return fmt::format("Known: task, context, choices, {}.", fmt::join(every_binding, ", "));
}

}  // namespace plenum::workflow
