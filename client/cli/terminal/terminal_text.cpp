#include "client/cli/terminal/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "client/cli/terminal/char_ranges.h"
#include "client/cli/terminal/utf8_reader.h"
#include "common/base/utf8.h"
#include "common/text/utf8_writer.h"

namespace plenum::client {
namespace {

constexpr char32_t zero_width_non_joiner = 0x200C;
constexpr char32_t zero_width_joiner = 0x200D;

// Characters above U+007F that are invisible or change the display of others. Sorted.
constexpr CharRange hidden[] = {
    {0x0080, 0x009F},    // C1 controls: CSI, OSC and others as one character
    {0x00AD, 0x00AD},    // soft hyphen
    {0x034F, 0x034F},    // combining grapheme joiner
    {0x061C, 0x061C},    // Arabic letter mark (bidi)
    {0x115F, 0x1160},    // Hangul fillers
    {0x17B4, 0x17B5},    // Khmer inherent vowels
    {0x180B, 0x180F},    // Mongolian variation selectors, vowel separator
    {0x200B, 0x200F},    // zero-width space and joiners, bidi marks
    {0x2028, 0x202E},    // line and paragraph separator, bidi embeddings and overrides
    {0x2060, 0x206F},    // word joiner, invisible operators, bidi isolates
    {0x3164, 0x3164},    // Hangul filler
    {0xFE00, 0xFE0D},    // variation selectors; text and emoji style (FE0E, FE0F) pass
    {0xFEFF, 0xFEFF},    // zero-width no-break space
    {0xFFA0, 0xFFA0},    // half-width Hangul filler
    {0xFFF0, 0xFFFC},    // specials: interlinear annotation, object replacement
    {0xFFFE, 0xFFFF},    // noncharacters
    {0x13430, 0x1345F},  // Egyptian format controls
    {0x1BCA0, 0x1BCA3},  // shorthand format controls
    {0x1D173, 0x1D17A},  // musical format controls
    {0xE0000, 0xE0FFF},  // tags and variation selectors, which can hide whole texts
};

bool is_hidden(char32_t character) {
  if (is_in(hidden, character)) return true;
  return (character & 0xFFFE) == 0xFFFE;  // the last two of every plane are noncharacters
}

bool is_emoji_part(char32_t character) {
  return (character >= 0x1F000 && character <= 0x1FAFF) || (character >= 0x2190 && character <= 0x21FF) ||
         (character >= 0x2300 && character <= 0x23FF) || (character >= 0x2600 && character <= 0x27BF) ||
         (character >= 0x2B00 && character <= 0x2BFF) || character == 0xFE0F;
}

// Arabic and adjacent blocks, and the scripts of India up to Sinhala: joiners select letter forms there.
bool is_joining_letter(char32_t character) { return character >= 0x0600 && character <= 0x0DFF; }

void append_mark(char32_t character, std::string& out) {
  if (character < 0x20) {
    append_utf8(0x2400 + character, out);
  } else if (character == 0x7F) {
    append_utf8(0x2421, out);
  } else {
    out += fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(character));
  }
}

}  // namespace

void TerminalText::feed(std::string_view piece, std::string& out) {
  well_formed_.clear();
  joiner_.feed(piece, well_formed_);
  for (std::string_view rest = well_formed_; !rest.empty();) take(next_character(rest), out);
}

void TerminalText::finish(std::string& out) {
  well_formed_.clear();
  joiner_.finish(well_formed_);
  for (std::string_view rest = well_formed_; !rest.empty();) take(next_character(rest), out);
  settle_held(0, out);
  previous_ = 0;
}

void TerminalText::take(char32_t character, std::string& out) {
  settle_held(character, out);
  const bool joiner = character == zero_width_joiner || character == zero_width_non_joiner;
  if (character == '\r' || (character == zero_width_joiner && is_emoji_part(previous_))) {
    held_ = character;
    return;
  }
  if (character == '\n' || character == '\t' || (joiner && is_joining_letter(previous_))) {
    append_utf8(character, out);
  } else if (character < 0x20 || character == 0x7F || is_hidden(character)) {
    append_mark(character, out);
  } else {
    append_utf8(character, out);
  }
  previous_ = character;
}

void TerminalText::settle_held(char32_t next, std::string& out) {
  const char32_t held = held_;
  held_ = 0;
  if (held == 0 || (held == '\r' && next == '\n')) return;
  if (held == zero_width_joiner && is_emoji_part(next)) {
    append_utf8(held, out);
  } else {
    append_mark(held, out);
  }
}

std::string terminal_text(std::string_view text) {
  TerminalText filter;
  std::string out;
  filter.feed(text, out);
  filter.finish(out);
  return out;
}

std::string terminal_line(std::string_view text) {
  std::string out = terminal_text(text);
  std::replace_if(
      out.begin(), out.end(), [](char byte) { return byte == '\n' || byte == '\t'; }, ' ');
  return out;
}

std::string terminal_json(std::string_view json) {
  std::string out;
  const std::string well_formed = repaired_utf8(json);
  for (std::string_view rest = well_formed; !rest.empty();) {
    const char32_t character = next_character(rest);
    if (character != 0x7F && !is_hidden(character)) {
      append_utf8(character, out);
    } else if (character < 0x10000) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(character));
    } else {
      const auto offset = static_cast<std::uint32_t>(character) - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
    }
  }
  return out;
}

std::string terminal_cut(std::string_view text, std::size_t characters_max) {
  const std::string safe = terminal_line(text);
  if (code_points(safe) <= characters_max) return safe;
  std::size_t end = 0;
  for (std::size_t characters = 0; characters + 1 < characters_max; ++characters) {
    do ++end;
    while (end < safe.size() && (static_cast<unsigned char>(safe[end]) & 0xC0) == 0x80);
  }
  return safe.substr(0, end) + "…";
}

}  // namespace plenum::client
