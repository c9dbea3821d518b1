#include "client/cli/args/task_id_text.h"

#include <fmt/format.h>

#include <cstdlib>

#include "common/base/ids.h"
#include "common/base/strings.h"

namespace plenum::client {
namespace {

// Whether a UUID can begin with this text: digits and hyphens at their places.
bool is_id_prefix(std::string_view text) {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() > shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hex = std::string_view("0123456789abcdef").find(text[i]) != std::string_view::npos;
    if (shape[i] == '-' ? text[i] != '-' : !hex) return false;
  }
  return true;
}

}  // namespace

std::optional<TaskIdText> task_id_text(std::string_view text) {
  using Kind = TaskIdText::Kind;
  if (const auto whole = StreamId::parse(text)) return TaskIdText{Kind::whole, whole->str(), 0};
  const std::string lower = lower_case(text);
  if (lower == "last") return TaskIdText{Kind::position, {}, 1};
  if (lower.starts_with('@')) {
    const std::string digits = lower.substr(1);
    const bool number = !digits.empty() && digits.size() <= 3 && digits.find_first_not_of("0123456789") == digits.npos;
    const int position = number ? std::atoi(digits.c_str()) : 0;
    if (position < 1 || position > newest_tasks_max) return std::nullopt;
    return TaskIdText{Kind::position, {}, position};
  }
  if (lower.size() < id_prefix_min || !is_id_prefix(lower)) return std::nullopt;
  return TaskIdText{Kind::prefix, lower, 0};
}

std::string check_task_id(const std::string& text) {
  if (task_id_text(text)) return "";
  return fmt::format(
      "'{}' is not a stream id; use one that `plenum list` shows, its first {} characters or more, last, or @2 for the "
      "second newest task",
      text, id_prefix_min);
}

}  // namespace plenum::client
