#include "server/provider/transport/response_headers.h"

#include <time.h>

#include <algorithm>
#include <charconv>

#include "common/base/strings.h"

namespace plenum::provider {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds retry_after_max = std::chrono::hours(24);

std::optional<milliseconds> count_of(std::string_view text, milliseconds unit) {
  std::uint64_t count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  const auto most = static_cast<std::uint64_t>(retry_after_max / unit);
  return unit * static_cast<std::int64_t>(fault == std::errc() ? std::min(count, most) : most);
}

// Seconds or a date; any other value is ignored.
std::optional<milliseconds> retry_after(std::string_view text, WallTime wall_now) {
  if (const auto wait = count_of(text, milliseconds(1000))) return wait;
  tm parts{};
  const std::string date(text);
  const char* end = strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const WallTime at{std::chrono::seconds(timegm(&parts))};
  return std::clamp(std::chrono::duration_cast<milliseconds>(at - wall_now), milliseconds(0), retry_after_max);
}

// The id if it can be shown as it is. A longer text is no id, and a part of it could hide a part of a key.
std::string printable(std::string_view id) {
  constexpr std::size_t bytes_max = 200;
  const bool ok = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  return ok && id.size() <= bytes_max ? std::string(id) : std::string();
}

// 200 of `HTTP/1.1 200 OK`; 0 without a status.
int status_in(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  int status = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status >= 100 && status <= 999 ? status : 0;
}

}  // namespace

void ResponseHeaderParser::feed_line(std::string_view line, WallTime wall_now) {
  if (complete_) return;  // a trailer
  const auto text = trimmed(line);
  if (text.substr(0, 5) == "HTTP/") {
    headers_ = ResponseHeaders{};  // the previous lines were an interim response
    headers_.status = status_in(text);
  } else if (text.empty()) {
    complete_ = headers_.status >= 200;
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    take_field(text.substr(0, colon), trimmed(text.substr(std::min(colon + 1, text.size()))), wall_now);
  }
}

void ResponseHeaderParser::take_field(std::string_view name, std::string_view value, WallTime wall_now) {
  if (equal_ignoring_case(name, "content-type")) {
    headers_.content_type = lower_case(trimmed(value.substr(0, value.find(';'))));
  } else if (equal_ignoring_case(name, "content-encoding")) {
    headers_.content_encoding = lower_case(trimmed(value));
  } else if (equal_ignoring_case(name, "x-request-id") || equal_ignoring_case(name, "request-id")) {
    if (headers_.request_id.empty()) headers_.request_id = printable(value);
  } else if (equal_ignoring_case(name, "retry-after-ms")) {
    if (const auto wait = count_of(value, milliseconds(1))) headers_.retry_after = wait;
  } else if (equal_ignoring_case(name, "retry-after") && !headers_.retry_after) {
    headers_.retry_after = retry_after(value, wall_now);
  }
}

}  // namespace plenum::provider
