// Collects the text of one paragraph, heading or table cell with its styles. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

enum class InlineKind : std::uint8_t { emphasis, strong, strike, code };

class InlineText {
 public:
  void enter(InlineKind kind) { ++depth(kind); }
  void leave(InlineKind kind) { --depth(kind); }
  void enter_link(std::string_view address);
  // Writes the address after the text, unless the text is the address: it must be visible where it leads.
  void leave_link();

  // Text without line breaks.
  void add(std::string_view text);
  void add_html(std::string_view tag);  // <br> is a line break
  void add_entity(std::string_view entity);
  void break_line();

  bool empty() const { return lines_.size() == 1 && lines_.front().empty(); }
  std::vector<StyledLine> take();

 private:
  struct Link {
    std::string address;
    std::string text;
  };

  int& depth(InlineKind kind) { return depths_[static_cast<std::size_t>(kind)]; }
  TextStyle style();
  void append(std::string_view text, const TextStyle& style);

  int depths_[4] = {};
  std::vector<Link> links_;  // nested: an image in a link
  std::vector<StyledLine> lines_{1};
};

}  // namespace plenum::client
