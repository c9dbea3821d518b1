#include "client/cli/markdown/inline_text.h"

#include <utility>

#include "client/cli/markdown/entities.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

void InlineText::enter_link(std::string_view address) { links_.push_back({terminal_line(address), {}}); }

void InlineText::leave_link() {
  if (links_.empty()) return;
  const Link link = std::move(links_.back());
  links_.pop_back();
  const bool is_address =
      link.text == link.address || "mailto:" + link.text == link.address || "http://" + link.text == link.address;
  if (is_address || link.address.empty()) return;
  append(" (", {});
  append(link.address, {.color = TextColor::blue});
  append(")", {});
}

TextStyle InlineText::style() {
  TextStyle style;
  style.italic = depth(InlineKind::emphasis) > 0;
  style.bold = depth(InlineKind::strong) > 0;
  style.strike = depth(InlineKind::strike) > 0;
  style.underline = !links_.empty();
  if (depth(InlineKind::code) > 0) style.color = TextColor::cyan;
  return style;
}

void InlineText::add(std::string_view text) {
  for (Link& link : links_) link.text += text;
  append(text, style());
}

void InlineText::add_html(std::string_view tag) {
  if (tag == "<br>" || tag == "<br/>" || tag == "<br />") return break_line();
  add(tag);
}

// A numeric entity can be a control character.
void InlineText::add_entity(std::string_view entity) { add(terminal_line(decoded_entity(entity))); }

void InlineText::break_line() { lines_.emplace_back(); }

void InlineText::append(std::string_view text, const TextStyle& style) {
  StyledLine& line = lines_.back();
  if (line.empty() || !(line.back().style == style)) line.push_back({"", style});
  std::string& last = line.back().text;
  for (const char byte : text) last += byte == '\n' || byte == '\t' ? ' ' : byte;
}

std::vector<StyledLine> InlineText::take() {
  for (int& depth : depths_) depth = 0;
  links_.clear();
  return std::exchange(lines_, std::vector<StyledLine>(1));
}

}  // namespace plenum::client
