// Walks one JSON text in order, without building it: an answer arrives as thousands of small JSON texts
// of which two or three fields matter, so a tree for each would be most of the work.
// Source: RFC 8259. More lenient in two places, because providers cut text inside characters: bytes of
// 0x80 and above pass unchecked (whoever joins the pieces repairs them) and half a surrogate pair reads
// as U+FFFD.
// Not thread-safe: one walk per text. The text must outlive the walk.
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

  // What stands at the cursor. Every value must then be entered, read or skipped exactly once.
  Kind kind();
  // Goes into the object or array at the cursor. False, with the walk failed, when none stands there.
  bool enter_object() { return enter('{'); }
  bool enter_array() { return enter('['); }
  // Goes to the next member and its value; false after the last one, or when the walk has failed. The
  // key is as it was written, escapes included: no key that matters has any.
  bool next_member(std::string_view& key);
  // Goes to the next element; false after the last one, or when the walk has failed.
  bool next_element();

  // Reads the string at the cursor and appends it to out, escapes resolved.
  bool read_string(std::string& out);
  bool read_number(double& out);
  bool read_boolean(bool& out);
  // Passes over the value at the cursor, however deep up to depth_max.
  void skip();

  // The text was one well-formed value and nothing else. Call it at the end.
  bool finished();
  bool failed() const { return failed_; }
  // What has not been read yet.
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
