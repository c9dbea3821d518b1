// Finds JSON objects in text that is not an event stream: a whole response without streaming, a list or sequence of
// objects, an error between events. Only braces and strings are followed; the caller parses what is found.
// Not thread-safe: one per response.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace plenum::protocol {

class JsonObjects {
 public:
  explicit JsonObjects(std::size_t object_bytes_max) : object_bytes_max_(object_bytes_max) {}

  // Appends every object completed by `line`; an incomplete one is buffered. Fails with malformed past
  // object_bytes_max; the finder must then be discarded.
  Result<void> feed(std::string_view line, std::vector<std::string>& out);
  // The end of the last line is inside of an object.
  bool is_open() const { return depth_ > 0; }
  // Drops an incomplete object.
  void reset();
  // The start of the first line that has other text than objects, brackets and commas around them; empty: none.
  const std::string& other_text() const { return other_text_; }

 private:
  // The position after the object at the start of `text`, or its end if the object continues.
  std::size_t skip_object(std::string_view text);

  static constexpr std::size_t other_bytes_max = 200;

  const std::size_t object_bytes_max_;
  std::string object_;  // the incomplete one
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  std::string other_text_;
};

}  // namespace plenum::protocol
