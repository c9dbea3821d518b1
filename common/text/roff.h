// Manual pages in the macros of man(7). Not thread-safe: one page per builder.
// Source: man(7), groff_man(7).
#pragma once

#include <string>
#include <string_view>

namespace plenum {

class RoffPage {
 public:
  // name: of the program; section: 1 for commands, 8 for servers; source: name and version, in the footer.
  RoffPage(std::string_view name, int section, std::string_view source);

  void section(std::string_view title);
  void subsection(std::string_view title);
  void paragraph(std::string_view text);
  // A term with a description, which is indented below it.
  void item(std::string_view term, std::string_view description);
  // Lines that are shown as they are.
  void verbatim(std::string_view lines);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Text without meaning for roff: backslashes, hyphens and lines that begin with a dot or an apostrophe.
std::string roff_escaped(std::string_view text);

}  // namespace plenum
