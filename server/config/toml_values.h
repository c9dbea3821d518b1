// Numbers of the configuration file, in the syntax of a flag. Inside server/config only.
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <optional>
#include <string>

#include "server/config/units.h"

namespace plenum::config {

// The text of an integer, of a string such as "15s" for a duration or a size, or of a decimal number for a ratio;
// nothing for another type.
inline std::optional<std::string> number_text(Unit unit, const toml::node& node) {
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (unit == Unit::ratio) {
    const auto* number = node.as_floating_point();
    return number == nullptr ? std::nullopt : std::optional(fmt::format("{}", number->get()));
  }
  if (const auto* text = node.as_string(); text != nullptr && unit != Unit::count) return text->get();
  return std::nullopt;
}

}  // namespace plenum::config
