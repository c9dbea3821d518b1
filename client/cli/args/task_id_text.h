// How a task is named on the command line: its whole id, a unique beginning of it, `last`, or `@N`.
// Pure: any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::client {

inline constexpr std::size_t id_prefix_min = 4;  // characters
inline constexpr int newest_tasks_max = 100;     // that a name other than a whole id can refer to

struct TaskIdText {
  enum class Kind : unsigned char { whole, prefix, position };
  Kind kind = Kind::whole;
  std::string id;    // lower case; whole id or its beginning
  int position = 1;  // 1: the newest task
};

// Nothing for any other text.
std::optional<TaskIdText> task_id_text(std::string_view text);
// The error of a text that names no task, or an empty text.
std::string check_task_id(const std::string& text);

}  // namespace plenum::client
