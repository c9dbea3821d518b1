#include "common/json/canonical_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

namespace plenum {

Json canonical(const Json& value) {
  if (value.is_array()) {
    Json items = Json::array();
    for (const Json& item : value) items.push_back(canonical(item));
    return items;
  }
  if (!value.is_object()) return value;
  std::map<std::string_view, const Json*> sorted;
  for (const auto& [name, field] : value.get_ref<const Json::object_t&>()) sorted.emplace(name, &field);
  Json fields = Json::object();
  // Not by operator[], which searches all fields before.
  auto& members = fields.get_ref<Json::object_t&>();
  for (const auto& [name, field] : sorted) members.push_back({std::string(name), canonical(*field)});
  return fields;
}

}  // namespace plenum
