#include "server/config/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace plenum::config {

namespace {

struct Suffix {
  std::string_view text;
  std::int64_t factor;
};

// From the smallest unit to the largest.
constexpr Suffix durations[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Suffix sizes[] = {{"B", 1},
                            {"KiB", std::int64_t{1} << 10},
                            {"MiB", std::int64_t{1} << 20},
                            {"GiB", std::int64_t{1} << 30},
                            {"TiB", std::int64_t{1} << 40}};

std::span<const Suffix> suffixes(Unit unit) {
  if (unit == Unit::duration) return durations;
  if (unit == Unit::size) return sizes;
  return {};
}

constexpr std::size_t ratio_digits = 4;

std::optional<std::int64_t> whole_in(std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (fault != std::errc() || end != digits.data() + digits.size() || digits.front() == '-') return std::nullopt;
  return number;
}

std::optional<std::int64_t> parse_ratio(std::string_view text) {
  const auto point = std::min(text.find('.'), text.size());
  std::string decimals(text.substr(std::min(point + 1, text.size())));
  if (decimals.size() > ratio_digits || (point < text.size() && decimals.empty())) return std::nullopt;
  decimals.resize(ratio_digits, '0');
  const auto whole = whole_in(text.substr(0, point)), part = whole_in(decimals);
  std::int64_t value = 0;
  if (!whole || !part || __builtin_mul_overflow(*whole, ratio_one, &value)) return std::nullopt;
  return __builtin_add_overflow(value, *part, &value) ? std::nullopt : std::optional(value);
}

}  // namespace

std::optional<std::int64_t> parse_quantity(Unit unit, std::string_view text) {
  if (unit == Unit::ratio) return parse_ratio(text);
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return std::nullopt;
  const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (rest.empty()) return number;
  for (const auto& suffix : suffixes(unit)) {
    if (suffix.text != rest) continue;
    std::int64_t value = 0;
    if (__builtin_mul_overflow(number, suffix.factor, &value)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

std::string format_quantity(Unit unit, std::int64_t value) {
  if (unit == Unit::ratio) return fmt::format("{}", static_cast<double>(value) / static_cast<double>(ratio_one));
  const Suffix* largest = nullptr;
  for (const auto& suffix : suffixes(unit)) {
    if (value != 0 && value % suffix.factor == 0) largest = &suffix;
  }
  return largest == nullptr ? std::to_string(value) : fmt::format("{}{}", value / largest->factor, largest->text);
}

std::string range_text(Unit unit, std::int64_t low, std::int64_t high) {
  return fmt::format("{} to {}", format_quantity(unit, low), format_quantity(unit, high));
}

std::string expected_quantity(Unit unit, std::int64_t low, std::int64_t high) {
  constexpr std::string_view kinds[] = {"a whole number", "a duration", "a size", "a number"};
  return fmt::format("{} from {}", kinds[static_cast<std::size_t>(unit)], range_text(unit, low, high));
}

}  // namespace plenum::config
