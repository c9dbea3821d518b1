// Access to foreign JSON without exceptions: the library's own accessors throw on a wrong type. A missing value, or one
// of another type, is read as absent. Any thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/json.h"

namespace plenum {

// The member, or null if value is no object or has none of that name.
inline const Json* member_of(const Json& value, std::string_view key) {
  if (!value.is_object()) return nullptr;
  for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
    if (name == key) return &member;
  }
  return nullptr;
}

// The member, or a JSON null if it is missing.
inline const Json& value_at(const Json& object, std::string_view key) {
  static const Json nothing;
  const Json* member = member_of(object, key);
  return member != nullptr ? *member : nothing;
}

// A whole number that fits; 3.0 counts as one.
inline std::optional<std::int64_t> whole_number(const Json& value) {
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    return number <= static_cast<std::uint64_t>(max) ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const auto number = value.get<double>();
  constexpr double exact_max = 9007199254740992.0;  // 2^53: beyond it a double is no longer one whole number
  if (number != std::trunc(number) || std::abs(number) > exact_max) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

inline std::string text_at(const Json& object, std::string_view key) {
  const Json& value = value_at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

inline std::optional<std::int64_t> number_at(const Json& object, std::string_view key) {
  return whole_number(value_at(object, key));
}

inline int int_at(const Json& object, std::string_view key) {
  const std::int64_t number = number_at(object, key).value_or(0);
  return std::in_range<int>(number) ? static_cast<int>(number) : 0;
}

inline std::optional<double> real_at(const Json& object, std::string_view key) {
  const Json& value = value_at(object, key);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

inline bool flag_at(const Json& object, std::string_view key) {
  const Json& value = value_at(object, key);
  return value.is_boolean() && value.get<bool>();
}

// The items of an array, converted by read; empty if there is no such array.
template <class Read>
auto items_at(const Json& object, std::string_view key, Read read) {
  std::vector<decltype(read(object))> items;
  const Json& array = value_at(object, key);
  if (!array.is_array()) return items;
  items.reserve(array.size());
  for (const Json& item : array) items.push_back(read(item));
  return items;
}

// The strings of an array; other items are omitted.
inline std::vector<std::string> texts_at(const Json& object, std::string_view key) {
  std::vector<std::string> texts;
  const Json& array = value_at(object, key);
  if (!array.is_array()) return texts;
  for (const Json& item : array) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

}  // namespace plenum
