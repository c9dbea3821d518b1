// Parses and writes JSON. All foreign JSON is parsed by parse_json, which enforces a depth limit: nlohmann_json parses
// any depth, but copies and dumps recursively.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum {

using Json = nlohmann::ordered_json;  // preserves the order of fields

struct JsonLimits {
  std::size_t depth_max = 64;
  bool reject_duplicate_keys = false;
};

// The value, or malformed with the byte of the error, counted from 1. The message never contains the text itself.
// Never throws. Any thread.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});
// Compact text; ill-formed UTF-8 is replaced. Never throws. Any thread.
std::string dump_json(const Json& value);
// The JSON pointer (RFC 6901) to a member of the object at parent. Any thread.
std::string pointer_to(std::string_view parent, std::string_view name);

}  // namespace plenum
