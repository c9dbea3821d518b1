// Checks that the options of several commands share, in CLI11's terms: the text of what is wrong, or
// nothing. Inside client/cli only.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "client/cli/render/durations.h"
#include "common/base/ids.h"
#include "common/base/strings.h"

namespace plenum::client {

inline std::string check_stream_id(const std::string& text) {
  return StreamId::parse(text) ? "" : fmt::format("'{}' is not a stream id; `plenum list` shows yours", text);
}

inline std::string check_duration(const std::string& text) {
  return duration_from(text) ? "" : fmt::format("'{}' is not a time; write it like 90s, 5m or 2h", text);
}

inline std::string check_not_blank(const std::string& text) { return is_blank(text) ? "it is empty" : ""; }

inline CLI::Validator checked_by(std::string (*check)(const std::string&)) {
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

}  // namespace plenum::client
