// Quantities of settings, as text with a unit: `500ms`, `15s`, `30d`, `64MiB`, or a plain number of milliseconds or
// bytes. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::config {

// What a number measures. A duration is stored in milliseconds, a size in bytes, a ratio in ten-thousandths.
enum class Unit : std::uint8_t { count, duration, size, ratio };
inline constexpr std::int64_t ratio_one = 10'000;

constexpr std::int64_t day_ms = 24 * 3600 * 1000;
constexpr std::int64_t kibibyte = std::int64_t{1} << 10;
constexpr std::int64_t mebibyte = std::int64_t{1} << 20;
constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

// Nothing if the text is not a whole number with a unit of this kind, or is out of the range of int64. A ratio is a
// decimal number with at most four digits after the point.
std::optional<std::int64_t> parse_quantity(Unit unit, std::string_view text);
// With the largest unit that divides the value: 90'000 is `90s`, 0 is `0`. parse_quantity() restores the value.
std::string format_quantity(Unit unit, std::int64_t value);
// `10ms to 1d`.
std::string range_text(Unit unit, std::int64_t low, std::int64_t high);
// `a duration from 10ms to 1d`.
std::string expected_quantity(Unit unit, std::int64_t low, std::int64_t high);

}  // namespace plenum::config
