// CLI11 validators that several options share. A check returns the error, or an empty text. Inside client/cli only.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "client/cli/args/durations.h"
#include "common/base/ids.h"
#include "common/base/strings.h"

namespace plenum::client {

inline std::string check_stream_id(const std::string& text) {
  return StreamId::parse(text) ? "" : fmt::format("'{}' is not a stream id; `plenum list` shows the ids", text);
}

inline std::string check_duration(const std::string& text) {
  return duration_from(text) ? "" : fmt::format("'{}' is not a duration; use a form such as 90s, 5m or 2h", text);
}

inline std::string check_not_blank(const std::string& text) { return is_blank(text) ? "must not be empty" : ""; }

inline CLI::Validator checked_by(std::string (*check)(const std::string&)) {
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

}  // namespace plenum::client
