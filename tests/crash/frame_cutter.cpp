#include "tests/crash/frame_cutter.h"

namespace plenum::tests {

namespace {

// The line's value if it begins with the field; the rest moves behind the line.
bool take_line(std::string_view& rest, std::string_view field, std::string_view& value) {
  if (rest.substr(0, field.size()) != field) return false;
  const std::size_t end = rest.find('\n');
  value = rest.substr(field.size(), end - field.size());
  rest.remove_prefix(end + 1);
  return true;
}

}  // namespace

void FrameCutter::feed(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_ += bytes;
}

bool FrameCutter::next(CutFrame& frame) {
  const std::size_t end = buffer_.find("\n\n", at_);
  if (end == std::string::npos) return false;
  std::string_view rest = std::string_view(buffer_).substr(at_, end + 2 - at_);
  at_ = end + 2;
  frame = {};
  std::string_view retry;
  take_line(rest, "retry: ", retry);
  frame.bytes = rest;
  take_line(rest, "id: ", frame.id);
  fault_ = !take_line(rest, "event: ", frame.event) || !take_line(rest, "data: ", frame.data) || rest != "\n";
  return true;
}

}  // namespace plenum::tests
