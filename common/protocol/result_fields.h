// Readers of the fields that events and results share. Absent or invalid fields have their default value. Any thread.
#pragma once

#include <optional>
#include <string_view>

#include "common/json/json_access.h"
#include "common/protocol/task_result.h"

namespace plenum {

inline Usage usage_at(const Json& json, std::string_view key = "usage") { return usage_from(value_at(json, key)); }
inline Cost cost_at(const Json& json) { return cost_from(value_at(json, "cost")); }
inline std::int64_t count_at(const Json& json, std::string_view key) { return number_at(json, key).value_or(0); }
inline ChunkStatus chunk_status_at(const Json& json, ChunkStatus otherwise = ChunkStatus::ok) {
  return chunk_status_named(text_at(json, "status")).value_or(otherwise);
}
inline std::optional<ErrorInfo> error_at(const Json& json) {
  const Json* error = member_of(json, "error");
  return error != nullptr ? std::optional(error_info_from(*error)) : std::nullopt;
}

}  // namespace plenum
