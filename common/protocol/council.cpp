#include "common/protocol/council.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/protocol/field_reader.h"
#include "common/protocol/parameter_fields.h"
#include "common/protocol/task_members.h"

namespace plenum {
namespace {

constexpr std::size_t council_name_max = 64;
constexpr std::size_t description_characters_max = 500;

struct CouncilField {
  std::string_view name;
  void (*read)(const FieldReader& field, Council& council);
};

constexpr auto council_fields = std::to_array<CouncilField>({
    {"description", [](const FieldReader& f, Council& c) { f.text(c.description, 0, description_characters_max); }},
    {"workflow", [](const FieldReader& f, Council& c) { f.text(c.settings.workflow, 1, name_characters_max); }},
    {"members", [](const FieldReader& f, Council& c) { read_members(f, c.settings); }},
    {"chairman", [](const FieldReader& f, Council& c) { c.settings.chairman = f.name(); }},
    {"judge", [](const FieldReader& f, Council& c) { c.judge = f.name(); }},
    {"fallback", [](const FieldReader& f, Council& c) { read_fallback(f, c.settings); }},
    {"personas", [](const FieldReader& f, Council& c) { read_personas(f, c.settings); }},
    {"parameters", [](const FieldReader& f, Council& c) { read_parameters(f, c.settings); }},
});

template <class Value>
void merge_by_name(std::vector<std::pair<std::string, Value>>& own,
                   const std::vector<std::pair<std::string, Value>>& defaults) {
  for (const auto& row : defaults) {
    const auto is_it = [&](const auto& other) { return other.first == row.first; };
    if (std::none_of(own.begin(), own.end(), is_it)) own.push_back(row);
  }
}

void merge_by_name(std::map<std::string, ModelParameters, std::less<>>& own,
                   const std::map<std::string, ModelParameters, std::less<>>& defaults) {
  for (const auto& [name, parameters] : defaults) own[name] = overlay(parameters, own[name]);
}

}  // namespace

bool is_council_name(std::string_view name) {
  const auto allowed = [](char c) { return is_lower_alphanumeric(c) || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= council_name_max && std::all_of(name.begin(), name.end(), allowed);
}

Council council_from(std::string name, const Json& object, std::vector<ValidationError>& faults) {
  ValidationErrors errors;
  Council council;
  council.name = std::move(name);
  const FieldReader whole{object, "", errors};
  if (!object.is_object()) {
    whole.fail("must be a table with `members`");
  } else {
    for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
      const FieldReader field = whole.at(value, utf8_prefix(key, name_characters_max));
      const auto row = std::find_if(council_fields.begin(), council_fields.end(),
                                    [&, &name = key](const CouncilField& each) { return each.name == name; });
      row != council_fields.end() ? row->read(field, council)
                                  : field.fail(in_quotes(key) + " is not a key of a council");
    }
    if (member_of(object, "members") == nullptr) errors.add("/members", "is missing");
  }
  for (ValidationError& fault : errors.take()) faults.push_back(std::move(fault));
  return council;
}

Json to_json(const Council& council) {
  Json json{{"name", council.name}};
  const TaskSpec& settings = council.settings;
  if (!council.description.empty()) json["description"] = council.description;
  if (!settings.workflow.empty()) json["workflow"] = settings.workflow;
  json["members"] = settings.members;
  if (!settings.chairman.empty()) json["chairman"] = settings.chairman;
  if (!council.judge.empty()) json["judge"] = council.judge;
  for (const auto& [member, chain] : settings.fallback) json["fallback"][member] = chain;
  for (const auto& [name, system] : settings.personas) json["personas"][name] = system;
  if (!settings.parameters.empty()) json["parameters"] = to_json(settings.parameters);
  return json;
}

void apply_council(TaskSpec& task, const Council& council, bool judges_text) {
  const TaskSpec& settings = council.settings;
  if (task.members.empty()) task.members = settings.members;
  if (task.chairman.empty()) {
    task.chairman = judges_text && !council.judge.empty() ? council.judge : settings.chairman;
  }
  merge_by_name(task.fallback, settings.fallback);
  merge_by_name(task.personas, settings.personas);
  task.parameters.common = overlay(settings.parameters.common, task.parameters.common);
  merge_by_name(task.parameters.members, settings.parameters.members);
  merge_by_name(task.parameters.roles, settings.parameters.roles);
  merge_by_name(task.parameters.steps, settings.parameters.steps);
}

}  // namespace plenum
