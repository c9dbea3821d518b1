#include "common/base/utf8.h"

#include <doctest/doctest.h>

#include <vector>

using namespace plenum;

namespace {

const std::string bad = "\uFFFD";

// Every encoding of a code point, from the bit layout alone and without the standard's table: an independent check
// whether three bytes are well-formed.
bool is_utf8_by_decoding(std::string_view text) {
  while (!text.empty()) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t size = byte(0) < 0x80       ? 1
                             : byte(0) >> 5 == 6  ? 2
                             : byte(0) >> 4 == 14 ? 3
                             : byte(0) >> 3 == 30 ? 4
                                                  : 0;
    if (size == 0 || text.size() < size) return false;
    unsigned point = size == 1 ? byte(0) : byte(0) & (0x7F >> size);
    for (std::size_t i = 1; i < size; ++i) {
      if (byte(i) >> 6 != 2) return false;
      point = point << 6 | (byte(i) & 0x3F);
    }
    constexpr unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

TEST_CASE("every text of up to three bytes is classified as a decoder would") {
  for (unsigned value = 0; value < 1u << 24; value += value < 1u << 16 ? 1 : 7) {
    const char bytes[] = {static_cast<char>(value), static_cast<char>(value >> 8), static_cast<char>(value >> 16)};
    const std::string_view text(bytes, value < 1u << 8 ? 1 : value < 1u << 16 ? 2 : 3);
    if (is_utf8(text) != is_utf8_by_decoding(text)) FAIL("wrong for " << value);
  }
}

TEST_CASE("four-byte sequences are classified as a decoder would") {
  for (unsigned lead = 0xEF; lead < 0x100; ++lead) {
    for (unsigned second = 0x70; second < 0x100; ++second) {
      for (const unsigned last : {0x7Fu, 0x80u, 0xBFu, 0xC0u}) {
        const char bytes[] = {static_cast<char>(lead), static_cast<char>(second), '\x80', static_cast<char>(last)};
        const std::string_view text(bytes, 4);
        REQUIRE(is_utf8(text) == is_utf8_by_decoding(text));
      }
    }
  }
}

TEST_CASE("each maximal ill-formed part becomes one U+FFFD") {
  // The Unicode Standard, 3.9, tables 3-8 to 3-11.
  CHECK(repaired_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") == bad + bad + bad + bad + bad + bad + bad + bad + "A");
  CHECK(repaired_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") == bad + bad + bad + bad + bad + bad + bad + bad + "A");
  CHECK(repaired_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") == bad + bad + bad + bad + bad + "A" + bad + bad + "B");
  CHECK(repaired_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == bad + bad + bad + bad + "A");
  CHECK(repaired_utf8("caf\xC3") == "caf" + bad);
  CHECK(repaired_utf8("plain, gr\u00FC\u00DFe, \U0001F3DB and a long ASCII tail") ==
        "plain, gr\u00FC\u00DFe, \U0001F3DB and a long ASCII tail");
}

TEST_CASE("characters are counted, not bytes") {
  CHECK(code_points("") == 0);
  CHECK(code_points("12345678901234567") == 17);
  CHECK(code_points("gr\u00FC\u00DFe \U0001F3DB") == 7);
  CHECK(code_points("a\xE1\x80") == 3);  // each byte of the ill-formed part
}

TEST_CASE("a prefix never splits a sequence and is as long as possible") {
  const std::string text = "a\u00FC\u20AC\U0001F3DBz";
  const std::vector<std::size_t> expected = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (std::size_t limit = 0; limit < expected.size(); ++limit) {
    CAPTURE(limit);
    CHECK(utf8_prefix(text, limit) == text.substr(0, expected[limit]));
  }
  CHECK(utf8_prefix("\x80\x80\x80\x80\x80", 4).size() == 4);  // no whole sequence
}

TEST_CASE("text in pieces gives the same output as the whole text, at any split") {
  const std::string texts[] = {"a\u00FC\u20AC\U0001F3DBz", "x\xF0\x9F\x8Fy\xE2\x82", "\xF0\x9F\xF0\x9F\x8F\x9B",
                               "\xED\xA0\x80\xC3\xA9"};
  for (const std::string& text : texts) {
    for (std::size_t first = 0; first <= text.size(); ++first) {
      for (std::size_t second = first; second <= text.size(); ++second) {
        Utf8Joiner joiner;
        std::string out;
        joiner.feed(std::string_view(text).substr(0, first), out);
        CHECK(is_utf8(out));
        joiner.feed(std::string_view(text).substr(first, second - first), out);
        CHECK(is_utf8(out));
        joiner.feed(std::string_view(text).substr(second), out);
        joiner.finish(out);
        CHECK(out == repaired_utf8(text));
      }
    }
  }
}
