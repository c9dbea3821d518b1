#include "server/provider/offline/offline_behavior.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

namespace plenum::provider {

namespace {

using std::chrono::milliseconds;

constexpr ErrorCode simulated[] = {
    ErrorCode::rate_limit,     ErrorCode::overloaded,      ErrorCode::timeout,   ErrorCode::transport,
    ErrorCode::server,         ErrorCode::truncated,       ErrorCode::malformed, ErrorCode::content_filter,
    ErrorCode::authentication, ErrorCode::invalid_request, ErrorCode::billing,
};
constexpr std::int64_t words_max = 1'000'000;
constexpr std::int64_t ms_max = 3'600'000;
constexpr std::int64_t times_max = 100;

constexpr std::string_view all_behaviors =
    "fail:CLASS, after:WORDS, times:N, retry_after_ms:N, delay_ms:N, token_ms:N, cut:WORDS, length:WORDS, hang:WORDS "
    "and empty, each after a +";

Failure unknown_behavior(std::string message, std::string remedy = {}) {
  return Failure(Error{ErrorCode::invalid_request, std::move(message), std::move(remedy)});
}

std::optional<std::int64_t> bounded_number(std::string_view text, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value < 0 || value > most) return std::nullopt;
  return value;
}

std::optional<ErrorCode> failure_named(std::string_view name) {
  const auto* found = std::find_if(std::begin(simulated), std::end(simulated),
                                   [name](ErrorCode code) { return row_of(code).name == name; });
  return found == std::end(simulated) ? std::nullopt : std::optional(*found);
}

// What is wrong, if anything.
std::optional<std::string> read_behavior(std::string_view key, std::string_view value, OfflineBehavior& behavior) {
  if (key == "fail") {
    behavior.failure = failure_named(value);
    if (behavior.failure) return std::nullopt;
    std::vector<std::string_view> names;
    for (const ErrorCode code : simulated) names.push_back(row_of(code).name);
    return fmt::format("fail must be one of {}", fmt::join(names, ", "));
  }
  if (key == "empty") {
    behavior.empty = true;
    return value.empty() ? std::nullopt : std::optional<std::string>("empty has no value");
  }
  const bool is_time = key.ends_with("_ms");
  const std::int64_t most = is_time ? ms_max : key == "times" ? times_max : words_max;
  const auto count = bounded_number(value, most);
  if (!count) return fmt::format("{} must be a whole number from 0 to {}", key, most);
  const auto words = static_cast<std::size_t>(*count);
  if (key == "after") {
    behavior.words = words;
  } else if (key == "cut") {
    behavior.failure = ErrorCode::truncated;
    behavior.words = words;
  } else if (key == "length") {
    behavior.length = words;
  } else if (key == "hang") {
    behavior.hang = words;
  } else if (key == "times") {
    behavior.times = static_cast<int>(*count);
  } else if (key == "retry_after_ms") {
    behavior.retry_after = milliseconds(*count);
  } else if (key == "delay_ms") {
    behavior.delay = milliseconds(*count);
  } else {
    behavior.token_delay = milliseconds(*count);
  }
  return std::nullopt;
}

constexpr std::string_view behavior_keys[] = {"fail", "after",          "times",    "cut",      "length",
                                              "hang", "retry_after_ms", "delay_ms", "token_ms", "empty"};

}  // namespace

Result<OfflineBehavior> offline_behavior(std::string_view model) {
  OfflineBehavior behavior;
  const auto plus = std::min(model.find('+'), model.size());
  behavior.model = model.substr(0, plus);
  for (std::string_view rest = model.substr(plus); !rest.empty();) {
    rest.remove_prefix(1);
    const auto part = rest.substr(0, std::min(rest.find('+'), rest.size()));
    rest.remove_prefix(part.size());
    const auto colon = std::min(part.find(':'), part.size());
    const auto key = part.substr(0, colon);
    const auto value = part.substr(std::min(colon + 1, part.size()));
    if (std::find(std::begin(behavior_keys), std::end(behavior_keys), key) == std::end(behavior_keys)) {
      return unknown_behavior(fmt::format("the offline model has no behavior \"{}\"", key),
                              fmt::format("Available: {}.", all_behaviors));
    }
    if (auto wrong = read_behavior(key, value, behavior)) {
      return unknown_behavior(fmt::format("the offline model \"{}\": {}", model, *wrong),
                              fmt::format("Available: {}.", all_behaviors));
    }
  }
  return behavior;
}

}  // namespace plenum::provider
