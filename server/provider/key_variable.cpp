#include "server/provider/key_variable.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "common/base/strings.h"

namespace plenum::provider {

namespace {

constexpr std::string_view quotes = "\"'";

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && text.front() == text.back() && quotes.find(text.front()) != std::string_view::npos;
}

}  // namespace

Result<redaction::Secret> read_key(const std::string& variable, const Environment& environment,
                                   std::vector<std::string>& notes) {
  const char* value = environment(variable.c_str());
  std::string_view text = trimmed(value == nullptr ? "" : value);
  if (is_quoted(text)) {
    text = trimmed(text.substr(1, text.size() - 2));
    notes.push_back(fmt::format("the key in {} is in quotes, which are no part of it: they are not sent", variable));
  } else if (text.find_first_of(quotes) != std::string_view::npos) {
    notes.push_back(fmt::format("the key in {} contains a quote; remove it if the provider rejects the key", variable));
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return Failure(
        Error{ErrorCode::config_invalid,
              fmt::format("the variable {} does not contain a key: it has blanks or non-ASCII bytes", variable)});
  }
  return redaction::Secret(text);
}

}  // namespace plenum::provider
