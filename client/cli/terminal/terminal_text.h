// Filters untrusted text for a terminal. Model output can be controlled by third parties: escape sequences could
// rewrite the screen, the title or the clipboard, bidirectional controls could reverse the displayed text, and
// invisible characters could hide text in copied output.
// Printable UTF-8, tab and newline pass; every other character becomes a visible mark:
//   C0 controls and DEL   control picture (ESC becomes U+241B)
//   ill-formed bytes      U+FFFD, raw C1 bytes (0x80 to 0x9F) included
//   other hidden ones     <U+202E>: C1, bidi controls, zero-width, tags, format characters, noncharacters
// A carriage return before a newline is dropped. A zero-width joiner passes inside an emoji sequence and, like the
// non-joiner, after a letter of a script that uses it.
// Sources: Unicode Standard 23 (special areas), UTS 51 (emoji ZWJ sequences), RFC 5892 A.1 and A.2.
#pragma once

#include <string>
#include <string_view>

#include "common/base/utf8.h"

namespace plenum::client {

// Filters text that arrives in pieces split at any byte. Not thread-safe: one filter per text.
class TerminalText {
 public:
  // Appends the filtered text. At most one character is held for the next call.
  void feed(std::string_view piece, std::string& out);
  // Appends the held character. The filter can then be used for another text.
  void finish(std::string& out);

 private:
  void take(char32_t character, std::string& out);
  void settle_held(char32_t next, std::string& out);

  Utf8Joiner joiner_;
  std::string well_formed_;
  char32_t previous_ = 0;  // the last character; 0: none
  char32_t held_ = 0;      // CR or ZWJ, which depends on the next character; 0: none
};

// Filters a whole text.
std::string terminal_text(std::string_view text);
// The same on one line: newlines and tabs become spaces. For names, messages and headings.
std::string terminal_line(std::string_view text);
// JSON text with the hidden characters of its strings as \u escapes, which is equivalent JSON.
std::string terminal_json(std::string_view json);

// One filtered line of at most characters_max characters, truncated with an ellipsis.
std::string terminal_cut(std::string_view text, std::size_t characters_max);

}  // namespace plenum::client
