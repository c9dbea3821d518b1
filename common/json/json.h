// JSON in and out. Everything that reads foreign JSON goes through parse_json, so that the limits
// hold everywhere: nlohmann_json parses any depth but copies and dumps by recursion.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum {

using Json = nlohmann::ordered_json;  // keeps the order in which fields were written

struct JsonLimits {
  std::size_t depth_max = 64;
  bool refuse_duplicate_keys = false;
};

// The value, or malformed with the byte of the fault, counted from 1. The message never repeats the
// text itself. Never throws. Any thread.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});
// Compact text; ill-formed UTF-8 is replaced, so it never throws. Any thread.
std::string dump_json(const Json& value);
// The JSON pointer (RFC 6901) to a member of what parent points to. Any thread.
std::string pointer_to(std::string_view parent, std::string_view name);

}  // namespace plenum
