#include "client/cli/render/format.h"

#include <fmt/format.h>

#include <algorithm>

namespace plenum::client {

std::string format_duration(std::int64_t ms) {
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
  const std::int64_t whole_s = (ms + 500) / 1000;
  if (whole_s < 3'600) return fmt::format("{} min {} s", whole_s / 60, whole_s % 60);
  return fmt::format("{} h {} min", whole_s / 3'600, whole_s % 3'600 / 60);
}

std::string format_short_time(std::string time) {
  if (time.size() < 16) return time;
  std::replace(time.begin(), time.end(), 'T', ' ');
  return time.substr(5, 11) + "Z";
}

std::string format_number(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  const std::int64_t first = number < 0 ? 1 : 0;
  for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string format_count(std::int64_t number, std::string_view unit) {
  return fmt::format("{} {}{}", format_number(number), unit, number == 1 ? "" : "s");
}

std::string format_tokens(const Usage& usage) {
  if (usage.total_tokens) return format_count(*usage.total_tokens, "token");
  if (usage.prompt_tokens && usage.completion_tokens) {
    return format_count(*usage.prompt_tokens + *usage.completion_tokens, "token");
  }
  if (usage.completion_tokens) return format_count(*usage.completion_tokens, "output token");
  return "tokens unknown";
}

std::string format_cost(const Cost& cost) {
  if (!cost.usd) return "cost unknown";
  constexpr double least = 0.0001;  // what four decimals show
  const std::string amount =
      *cost.usd > 0 && *cost.usd < least ? fmt::format("<${:.4f}", least) : fmt::format("${:.4f}", *cost.usd);
  return cost.origin == CostOrigin::reported ? amount : "about " + amount;
}

}  // namespace plenum::client
