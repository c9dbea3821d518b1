// CLI11 validators that several options share. A check returns the error, or an empty text. Inside client/cli only.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/args/task_id_text.h"
#include "client/settings/durations.h"
#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/text/edit_distance.h"

namespace plenum::client {

inline std::string check_duration(const std::string& text) {
  return duration_from(text) ? "" : fmt::format("'{}' is not a duration; use a form such as 90s, 5m or 2h", text);
}

inline std::string check_not_blank(const std::string& text) { return is_blank(text) ? "must not be empty" : ""; }

inline CLI::Validator checked_by(std::string (*check)(const std::string&)) {
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

// One of these words. They are part of the type name of the option, which help omits and completion reads.
inline CLI::Validator one_of(std::vector<std::string> words) {
  std::string type = fmt::format("{{{}}}", fmt::join(words, ","));
  return CLI::Validator(
      [words = std::move(words)](std::string& text) {
        for (const std::string& word : words) {
          if (word == text) return std::string();
        }
        return fmt::format("'{}' is not one of {}{}", text, fmt::join(words, ", "), suggestion(text, words));
      },
      type);
}

// A number from low to high; `expected` describes it: "a number from 0 to 2".
inline CLI::Validator number_in(double low, double high, std::string expected) {
  return CLI::Validator(
      [low, high, expected = std::move(expected)](std::string& text) {
        char* end = nullptr;
        const double number = std::strtod(text.c_str(), &end);
        const bool valid = !text.empty() && *end == '\0' && std::isfinite(number) && number >= low && number <= high;
        return valid ? std::string() : fmt::format("'{}' is not {}", text, expected);
      },
      "");
}

// A whole number from low to high.
inline CLI::Validator whole_number_in(long long low, long long high) {
  return CLI::Validator(
      [low, high](std::string& text) {
        const bool digits = !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == text.npos;
        const long long number = digits ? std::atoll(text.c_str()) : -1;
        if (digits && number >= low && number <= high) return std::string();
        return fmt::format("'{}' is not a whole number from {} to {}", text, low, high);
      },
      "");
}

}  // namespace plenum::client
