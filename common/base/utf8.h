// Validation and repair of UTF-8. Any thread. Source: The Unicode Standard, 3.9, table 3-7 (well-formed byte sequences)
// and "U+FFFD substitution of maximal subparts".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace plenum {

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

// The front of a text: a whole sequence, an ill-formed part, or the start of a sequence that is truncated by the end of
// the text.
struct Utf8Step {
  enum class Kind : std::uint8_t { whole, broken, cut };
  std::size_t bytes = 0;  // of the sequence, or of the part that one U+FFFD replaces
  Kind kind = Kind::whole;
};
// text must not be empty.
Utf8Step utf8_step(std::string_view text);

bool is_utf8(std::string_view text);
// Replaces every ill-formed part by U+FFFD.
std::string repaired_utf8(std::string_view text);
// Number of code points; every byte of an ill-formed part counts as one.
std::size_t code_points(std::string_view text);
// The longest prefix of at most max_bytes that does not split a sequence.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

// Joins text that arrives in pieces split at any byte. The output is always well-formed: an unfinished sequence at the
// end of a piece, of at most three bytes, is held for the next one.
// Not thread-safe: one joiner per text.
class Utf8Joiner {
 public:
  // Appends the completed text to out, with ill-formed parts replaced.
  void feed(std::string_view piece, std::string& out);
  // Appends U+FFFD for an unfinished sequence. Call once, at the end.
  void finish(std::string& out);

 private:
  std::string pending_;
};

}  // namespace plenum
