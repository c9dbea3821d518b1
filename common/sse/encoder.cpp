#include "common/sse/encoder.h"

#include "common/base/strings.h"

namespace plenum {
namespace {

bool is_id_character(char c) { return is_lower_alphanumeric(c) || c == '-'; }
bool is_name_character(char c) { return is_lower_alphanumeric(c) || c == '_'; }

// Appends `name: value` with the allowed bytes only. If there are none, the line is omitted: an empty id would reset
// the client's cursor.
void append_field(std::string& out, std::string_view name, std::string_view value, bool (*allowed)(char)) {
  const std::size_t line_start = out.size();
  out.append(name).append(": ");
  const std::size_t value_start = out.size();
  for (const char c : value) {
    if (allowed(c)) out.push_back(c);
  }
  if (out.size() == value_start) {
    out.resize(line_start);
  } else {
    out.push_back('\n');
  }
}

}  // namespace

void append_frame(std::string& out, std::string_view id, std::string_view event, std::string_view data) {
  append_field(out, "id", id, is_id_character);
  append_field(out, "event", event, is_name_character);
  while (true) {
    const std::size_t end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).push_back('\n');
    if (end == std::string_view::npos) break;
    data.remove_prefix(data.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
  }
  out.push_back('\n');
}

void append_retry(std::string& out, unsigned milliseconds) {
  out.append("retry: ").append(std::to_string(milliseconds)).push_back('\n');
}

}  // namespace plenum
