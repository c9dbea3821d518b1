// Pieces of JSON that status, lists and exports share. Any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "common/json/json.h"
#include "common/protocol/task_result.h"

namespace plenum::task {

inline Json time_or_null(const std::optional<WallTime>& time) { return time ? Json(rfc3339(*time)) : Json(nullptr); }

// The first `count` characters.
inline std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (; count > 0 && end < text.size(); --count) end += utf8_step(text.substr(end)).bytes;
  return text.substr(0, end);
}

template <class T>
Json list_of(const std::vector<T>& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

}  // namespace plenum::task
