// Pull parser for one JSON text, without building a tree: an answer arrives as thousands of small JSON texts with two
// or three relevant fields each. Source: RFC 8259. More lenient in two places, because providers split text inside
// characters: bytes of 0x80 and above are not validated (the UTF-8 joiner repairs them), and half a surrogate pair
// reads as U+FFFD. Not thread-safe: one reader per text. The text must outlive the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::protocol {

class JsonReader {
 public:
  enum class Kind : std::uint8_t { object, array, string, number, boolean, null, fault };

  static constexpr int depth_max = 64;

  explicit JsonReader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // The kind of the value at the cursor. Every value must be entered, read or skipped exactly once.
  Kind kind();
  // Enters the object or array at the cursor. Fails if the cursor is at another value.
  bool enter_object() { return enter('{'); }
  bool enter_array() { return enter('['); }
  // Moves to the value of the next member; false after the last one, or after a failure. The key is returned with its
  // escapes: no relevant key has any.
  bool next_member(std::string_view& key);
  // Moves to the next element; false after the last one, or after a failure.
  bool next_element();

  // Reads the string at the cursor and appends it to out, escapes resolved.
  bool read_string(std::string& out);
  bool read_number(double& out);
  bool read_boolean(bool& out);
  // Skips the value at the cursor; its depth is limited by depth_max.
  void skip();

  // The text is exactly one well-formed value. Call it at the end.
  bool finished();
  bool failed() const { return failed_; }
  // The unread rest.
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

 private:
  bool enter(char opening);
  bool fail();
  void skip_space();
  bool take(char c);
  bool take_word(std::string_view word);
  bool skip_string();
  bool skip_number();
  bool skip_scalar();
  bool read_escape(std::string& out);
  bool read_hex4(std::uint32_t& out);

  const char* at_;
  const char* end_;
  int depth_ = 0;
  bool first_ = false;  // the object or array was just entered
  bool failed_ = false;
};

}  // namespace plenum::protocol
