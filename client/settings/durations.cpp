#include "client/settings/durations.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>

namespace plenum::client {

std::optional<milliseconds> duration_from(std::string_view text) {
  static const std::map<std::string_view, double> unit_ms{
      {"", 1'000}, {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto unit = unit_ms.find(text.substr(digits));
  if (digits == 0 || unit == unit_ms.end()) return std::nullopt;
  const std::string number(text.substr(0, digits));
  char* end = nullptr;
  const double ms = std::strtod(number.c_str(), &end) * unit->second;
  constexpr double week_ms = 7 * 86'400'000.0;
  if (*end != '\0' || ms > week_ms) return std::nullopt;
  return milliseconds(std::llround(ms));
}

}  // namespace plenum::client
