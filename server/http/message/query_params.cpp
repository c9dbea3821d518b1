#include "server/http/message/query_params.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/utf8.h"
#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

// Absent if a `%` is not followed by two hexadecimal digits, or the result is not UTF-8.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i] == '+' && plus_is_space ? ' ' : text[i]);
      continue;
    }
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return {};
    out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
    i += 2;
  }
  if (!is_utf8(out)) return {};
  return out;
}

// Absent also if the result has control bytes.
std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  auto out = percent_decoded(text, plus_is_space);
  if (out && !is_header_value(*out)) return {};
  return out;
}

}  // namespace

Failure bad_parameter(std::string message, std::string remedy) {
  return Failure(Error{ErrorCode::bad_request, std::move(message), std::move(remedy)});
}

std::optional<std::string> decode_path_segment(std::string_view text) { return decoded(text, false); }

std::optional<std::string> decode_path_id(std::string_view text) { return percent_decoded(text, false); }

Result<std::optional<std::string>> Query::known_name(std::string_view encoded, Names known, bool strict) {
  auto name = decoded(encoded, true);
  if (name && std::find(known.begin(), known.end(), *name) != known.end()) return name;
  if (!strict) return std::nullopt;
  if (!name) return bad_parameter("The query is not percent-encoded UTF-8.");
  return bad_parameter(
      fmt::format("This route has no parameter `{}`.", *name),
      known.empty() ? "Omit the query." : fmt::format("Known parameters: {}.", fmt::join(known, ", ")));
}

Result<Query> Query::read(std::string_view text, Names known, bool strict) {
  Query query;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto name = known_name(pair.substr(0, equals), known, strict);
    if (!name) return Failure(name.error());
    if (!name->has_value()) continue;
    const auto value = decoded(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!value)
      return bad_parameter(fmt::format("The value of the parameter `{}` is not percent-encoded UTF-8.", **name));
    if (query.find(**name)) return bad_parameter(fmt::format("The parameter `{}` is repeated.", **name));
    query.pairs_.emplace_back(**name, *value);
  }
  return query;
}

Result<Query> Query::parse(std::string_view text, std::initializer_list<std::string_view> known) {
  return read(text, {known.begin(), known.size()}, false);
}

Result<Query> Query::parse(std::string_view text, std::span<const std::string_view> known) {
  return read(text, known, false);
}

Result<Query> Query::parse_strict(std::string_view text, std::initializer_list<std::string_view> known) {
  return read(text, {known.begin(), known.size()}, true);
}

std::optional<std::string> Query::find(std::string_view name) const {
  for (const auto& [known, value] : pairs_) {
    if (known == name) return value;
  }
  return {};
}

Result<long> Query::number(std::string_view name, long low, long high, long fallback) const {
  const auto text = find(name);
  if (!text) return fallback;
  long value = 0;
  const auto* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value);
  if (text->empty() || parsed.ec != std::errc{} || parsed.ptr != end || value < low || value > high) {
    return bad_parameter(fmt::format("The parameter `{}` must be an integer from {} to {}.", name, low, high));
  }
  return value;
}

}  // namespace plenum::http
