#include "client/cli/render/format.h"

#include <fmt/format.h>

namespace plenum::client {

std::string duration_words(std::int64_t ms) {
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
  const std::int64_t whole_s = (ms + 500) / 1000;
  if (whole_s < 3'600) return fmt::format("{} min {} s", whole_s / 60, whole_s % 60);
  return fmt::format("{} h {} min", whole_s / 3'600, whole_s % 3'600 / 60);
}

std::string number_words(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  const std::int64_t first = number < 0 ? 1 : 0;
  for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string count_words(std::int64_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number_words(number), thing, number == 1 ? "" : "s");
}

std::string token_words(const Usage& usage) {
  if (usage.total_tokens) return count_words(*usage.total_tokens, "token");
  if (usage.prompt_tokens && usage.completion_tokens) {
    return count_words(*usage.prompt_tokens + *usage.completion_tokens, "token");
  }
  if (usage.completion_tokens) return count_words(*usage.completion_tokens, "output token");
  return "tokens unknown";
}

std::string cost_words(const Cost& cost) {
  if (!cost.usd) return "cost unknown";
  // Below a tenth of a cent the leading digits are what matters; nothing at all needs no decimals.
  const std::string amount = *cost.usd == 0      ? "$0"
                             : *cost.usd < 0.001 ? fmt::format("${:.6f}", *cost.usd)
                                                 : fmt::format("${:.4f}", *cost.usd);
  return cost.origin == CostOrigin::reported ? amount : "about " + amount;
}

}  // namespace plenum::client
