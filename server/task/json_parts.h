// Pieces of JSON that status, lists and exports share. Any thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/json/json.h"
#include "common/protocol/task_result.h"

namespace plenum::task {

inline Json time_or_null(const std::optional<WallTime>& time) { return time ? Json(rfc3339(*time)) : Json(nullptr); }

template <class T>
Json list_of(const std::vector<T>& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(to_json(item));
  return list;
}

}  // namespace plenum::task
