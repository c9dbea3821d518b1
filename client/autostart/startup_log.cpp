#include "client/autostart/startup_log.h"

#include <algorithm>
#include <iterator>

#include "common/base/strings.h"

namespace plenum::client {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (const auto line = trimmed(text.substr(0, end)); !line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Removes and returns the first word.
std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

constexpr std::string_view levels[] = {"trace", "debug", "info", "warning", "error"};

// Whether the line is one of the log, `TIME LEVEL TEXT`. Another thread may write one between the lines of an error.
bool is_log_line(std::string_view line) {
  take_word(line);
  const std::string_view level = take_word(line);
  return std::find(std::begin(levels), std::end(levels), level) != std::end(levels);
}

}  // namespace

StartFailure failure_in_log(std::string_view log) {
  constexpr std::string_view mark = "plenumd: ";
  auto lines = lines_of(log);
  lines.erase(std::remove_if(lines.begin(), lines.end(), is_log_line), lines.end());
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [&](auto line) { return line.starts_with(mark); });
  if (last == lines.rend()) return {};
  StartFailure failure;
  for (auto line = last.base() - 1; line != lines.end(); ++line) {
    const bool first = failure.cause.empty();
    if (!first && line + 1 == lines.end()) {
      failure.remedy = *line;
    } else {
      failure.cause.append(first ? "" : "\n  ").append(first ? line->substr(mark.size()) : *line);
    }
  }
  return failure;
}

std::vector<std::string> notices_in_log(std::string_view log) {
  std::vector<std::string> notices;
  for (std::string_view line : lines_of(log)) {
    take_word(line);  // the time
    const std::string_view level = take_word(line);
    const bool concerns_user =
        line.find("key") != line.npos || line.find("_KEY") != line.npos || line.find("PLENUM_") != line.npos;
    if ((level == "info" || level == "warning") && concerns_user) notices.emplace_back(line);
  }
  return notices;
}

}  // namespace plenum::client
