#include "client/cli/terminal/terminal_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/json/json.h"

using namespace plenum;
using namespace plenum::client;

namespace {

struct Hostile {
  std::string bytes, shown;
};

// Input, and its filtered form.
const std::vector<Hostile>& hostile_texts() {
  static const std::vector<Hostile> texts = {
      {"plain\ttext\nGrüße 世界 🎉", "plain\ttext\nGrüße 世界 🎉"},
      {"\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"},       // clear screen, set title
      {"\x1b]52;c;ZXZpbA==\x1b\\", "␛]52;c;ZXZpbA==␛\\"},  // write the clipboard
      {"a\bb\x7f"
       "c",
       "a␈b␡c"},                       // overwrite
      {"line\r\nnext", "line\nnext"},  // a Windows line end is harmless
      {"safe\rEVIL", "safe␍EVIL"},     // a lone one rewrites the line
      {std::string("nul\0", 4), "nul␀"},
      {"raw \x9b"
       "31m csi",
       "raw \xEF\xBF\xBD"
       "31m csi"},  // C1 as one byte is ill-formed
      {"utf8 \xC2\x9B"
       "31m csi",
       "utf8 <U+009B>31m csi"},  // C1 as a character
      {"\xE2\x80\xAE"
       "txt.exe",
       "<U+202E>txt.exe"},  // right-to-left override
      {"\xE2\x81\xA6"
       "x\xE2\x81\xA9",
       "<U+2066>x<U+2069>"},                           // bidi isolates
      {"in\xE2\x80\x8Bvisible", "in<U+200B>visible"},  // zero-width space
      {"a\xE2\x80\x8D"
       "b",
       "a<U+200D>b"},  // a joiner between letters
      {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB"},  // technologist
      {"\xF0\x9F\x91\xA9\xE2\x80\x8D!", "\xF0\x9F\x91\xA9<U+200D>!"},  // a joiner that joins nothing
      {"\xE2\x9D\xA4\xEF\xB8\x8F\xE2\x80\x8D\xF0\x9F\x94\xA5", "\xE2\x9D\xA4\xEF\xB8\x8F\xE2\x80\x8D\xF0\x9F\x94\xA5"},
      {"\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE\xD9\x88", "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE\xD9\x88"},  // Persian
      {"x\xF3\xA0\x81\x81y", "x<U+E0041>y"},  // a tag character
      {"\xE2\x80\xA8", "<U+2028>"},           // line separator
      {"\xEF\xBB\xBFx", "<U+FEFF>x"},
      {"\xEF\xBF\xBE", "<U+FFFE>"},          // noncharacter
      {"cut \xE4\xB8", "cut \xEF\xBF\xBD"},  // a sequence that never ends
      {"\xC0\x9B"
       "31m",
       "\xEF\xBF\xBD\xEF\xBF\xBD"
       "31m"},  // overlong escape
  };
  return texts;
}

}  // namespace

TEST_CASE("hostile text becomes marks, at any split") {
  for (const Hostile& text : hostile_texts()) {
    CAPTURE(text.shown);
    CHECK(terminal_text(text.bytes) == text.shown);
    for (std::size_t cut = 0; cut <= text.bytes.size(); ++cut) {
      TerminalText filter;
      std::string shown;
      filter.feed(std::string_view(text.bytes).substr(0, cut), shown);
      filter.feed(std::string_view(text.bytes).substr(cut), shown);
      filter.finish(shown);
      CHECK(shown == text.shown);
    }
    TerminalText filter;
    std::string byte_by_byte;
    for (const char byte : text.bytes) filter.feed({&byte, 1}, byte_by_byte);
    filter.finish(byte_by_byte);
    CHECK(byte_by_byte == text.shown);
  }
}

TEST_CASE("no control byte of a terminal passes, for any two bytes") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second)};
      const std::string shown = terminal_text(bytes);
      CHECK(is_utf8(shown));
      for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto byte = static_cast<unsigned char>(shown[i]);
        const bool control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
        const bool c1 = byte == 0xC2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xA0;
        if (control || c1) FAIL("byte " << int(byte) << " from " << first << " " << second);
      }
    }
  }
}

TEST_CASE("a name or message stays on one line") { CHECK(terminal_line("Archi\ntect\t\x1b[0m") == "Archi tect ␛[0m"); }

TEST_CASE("JSON for a terminal is equivalent JSON") {
  const std::string json = "{\"tokens\":\"a\xC2\x9B\xE2\x80\xAE\xF3\xA0\x81\x81\x7F ü\"}";
  const std::string shown = terminal_json(json);
  CHECK(shown == "{\"tokens\":\"a\\u009b\\u202e\\udb40\\udc41\\u007f ü\"}");
  CHECK(*parse_json(shown) == *parse_json(json));
}
