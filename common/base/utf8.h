// UTF-8 at the edges. Source: The Unicode Standard, 3.9, table 3-7 (well-formed byte sequences)
// and "U+FFFD substitution of maximal subparts".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace plenum {

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

// What stands at the front of a text: a whole sequence, an ill-formed part, or the beginning of a
// sequence that the end of the text cuts off.
struct Utf8Step {
  enum class Kind : std::uint8_t { whole, broken, cut };
  std::size_t bytes = 0;  // of the sequence, or of the part that one U+FFFD replaces
  Kind kind = Kind::whole;
};
// text must not be empty.
Utf8Step utf8_step(std::string_view text);

bool is_utf8(std::string_view text);
// text with every ill-formed part replaced by U+FFFD; text itself when it is well-formed.
std::string repaired_utf8(std::string_view text);
// Number of code points; every byte of an ill-formed part counts as one.
std::size_t code_points(std::string_view text);
// The longest prefix of at most max_bytes that does not cut a sequence.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

// Joins text that arrives in pieces cut at any byte: what comes out is always well-formed, and an
// unfinished sequence at the end of a piece waits for the next one. Holds at most three bytes.
// Not thread-safe: one joiner per piece of text.
class Utf8Joiner {
 public:
  // Appends to out what the piece completes, ill-formed parts replaced.
  void feed(std::string_view piece, std::string& out);
  // Appends what was still unfinished, as U+FFFD. Call once, at the end.
  void finish(std::string& out);

 private:
  std::string pending_;
};

}  // namespace plenum
