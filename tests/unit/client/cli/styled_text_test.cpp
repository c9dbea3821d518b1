// Text with attributes: measured by grapheme clusters, wrapped, truncated and written for a terminal.
#include "client/cli/terminal/styled_text.h"

#include <doctest/doctest.h>

#include "client/cli/terminal/display_width.h"

using namespace plenum::client;

namespace {

const TextStyle bold_style{.bold = true};

std::vector<std::string> texts(const std::vector<StyledLine>& lines) {
  std::vector<std::string> found;
  for (const StyledLine& line : lines) found.push_back(plain_text(line));
  return found;
}

std::vector<std::string> wrapped_text(std::string text, std::size_t columns, std::size_t indent = 0) {
  return texts(wrapped({{std::move(text)}}, columns, indent));
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the width of a text is that of its grapheme clusters, not of its code points") {
  CHECK(display_width("👨‍👩‍👧‍👦") == 2);  // joined by U+200D
  CHECK(display_width("❤") == 1);                          // as text
  CHECK(display_width("❤️") == 2);                     // as emoji, by U+FE0F
  CHECK(display_width("1️⃣") == 2);                    // a keycap
  CHECK(display_width("👍🏽") == 2);                   // with a skin tone
  CHECK(display_width("🇩🇪🇫🇷") == 4);                       // two flags
  CHECK(display_width("ö") == 1);
  CHECK(display_width("z\u0351\u0302\u0336") == 1);
  CHECK(display_width("각") == 2);  // Hangul from three letters
  CHECK(display_width("한글") == 4);
  CHECK(display_width("שלום") == 4);
  CHECK(display_width("का") == 2);  // a spacing mark has its own cell
  CHECK(display_width("␛✓▸") == 3);
}

TEST_CASE("text wraps at spaces, which are dropped at a break") {
  CHECK(wrapped_text("the quick brown fox", 10) == Lines{"the quick", "brown fox"});
  CHECK(wrapped_text("the quick brown fox", 9) == Lines{"the quick", "brown fox"});
  CHECK(wrapped_text("the quick   brown", 9) == Lines{"the quick", "brown"});
  CHECK(wrapped_text("  first", 10) == Lines{"  first"});
  CHECK(wrapped_text("", 10) == Lines{""});
  CHECK(texts(wrapped({}, 10)) == Lines{""});
}

TEST_CASE("a word wider than a line is split between grapheme clusters") {
  CHECK(wrapped_text("abcdefghij", 4) == Lines{"abcd", "efgh", "ij"});
  CHECK(wrapped_text("ab abcdefghij", 6) == Lines{"ab abc", "defghi", "j"});
  CHECK(wrapped_text("日本語の文", 5) == Lines{"日本", "語の", "文"});
  CHECK(wrapped_text("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3) ==
        Lines{"👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"});
  CHECK(wrapped_text("日本", 1) == Lines{"日", "本"});  // a line always holds something
}

TEST_CASE("continuation lines are indented, unless there is no space") {
  CHECK(wrapped_text("one two three", 7, 2) == Lines{"one two", "  three"});
  CHECK(wrapped_text("one two three", 3, 2) == Lines{"one", "two", "thr", "ee"});
}

TEST_CASE("no wrapped line is wider than requested, and no character is lost") {
  const std::string text =
      "A text, 日本語のテキスト with a_very_long_identifier_in_it 👍🏽 and e\u0301 end";
  for (std::size_t columns = 2; columns < 60; ++columns) {
    CAPTURE(columns);
    std::string letters;
    for (const std::string& line : wrapped_text(text, columns, 2)) {
      CHECK(display_width(line) <= columns);
      for (const char byte : line) {
        if (byte != ' ') letters += byte;
      }
    }
    std::string expected;
    for (const char byte : text) {
      if (byte != ' ') expected += byte;
    }
    CHECK(letters == expected);
  }
}

TEST_CASE("styles survive wrapping and truncation") {
  const StyledLine line{{"plain "}, {"bold words", bold_style}, {" end"}};
  CHECK(width_of(line) == 20);
  CHECK(wrapped(line, 10) ==
        std::vector<StyledLine>{{{"plain "}, {"bold", bold_style}}, {{"words", bold_style}, {" end"}}});
  CHECK(fitted(line, 20) == line);
  CHECK(fitted(line, 9) == StyledLine{{"plain "}, {"bo…", bold_style}});
  CHECK(fitted(line, 0).empty());
  CHECK(plain_text(fitted({{"日本語"}}, 4)) == "日…");
}

TEST_CASE("a styled span is written between SGR sequences, and without color as text alone") {
  const StyledLine line{{"a"}, {"b", {.color = TextColor::red, .bold = true}}, {"c", {.dim = true}}};
  CHECK(terminal_bytes(line, true) == "a\x1b[1;31mb\x1b[0m\x1b[2mc\x1b[0m");
  CHECK(terminal_bytes(line, false) == "abc");
  CHECK(terminal_bytes(
            {{"x", {.color = TextColor::gray, .italic = true, .underline = true, .strike = true, .reverse = true}}},
            true) == "\x1b[3;4;7;9;90mx\x1b[0m");
}
