#include "client/cli/render/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace plenum::client {

std::string format_duration(std::int64_t ms) {
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
  const std::int64_t whole_s = (ms + 500) / 1000;
  if (whole_s < 3'600) return fmt::format("{} min {} s", whole_s / 60, whole_s % 60);
  return fmt::format("{} h {} min", whole_s / 3'600, whole_s % 3'600 / 60);
}

std::string format_local_time(std::string_view rfc3339, WallTime now) {
  WallTime time;
  if (!parse_rfc3339(rfc3339, time)) return std::string(rfc3339);
  const auto local = [](WallTime at) {
    const std::time_t seconds_of = std::chrono::system_clock::to_time_t(at);
    std::tm fields{};
    ::localtime_r(&seconds_of, &fields);
    return fields;
  };
  const std::tm then = local(time);
  const std::string day =
      fmt::format("{:02}-{:02} {:02}:{:02}", then.tm_mon + 1, then.tm_mday, then.tm_hour, then.tm_min);
  return then.tm_year == local(now).tm_year ? day : fmt::format("{}-{}", then.tm_year + 1900, day);
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
