#include "client/cli/live/text_tail.h"

#include <doctest/doctest.h>

#include "client/cli/terminal/display_width.h"

using namespace plenum::client;

TEST_CASE("the tail of a growing text is one filtered line of bounded size") {
  TextTail tail;
  tail.feed("First\n\nsecond \t third\x1b[31m");
  CHECK(tail.text() == "First second third␛[31m");
  for (int i = 0; i < 10'000; ++i) tail.feed("日本語 text ");
  CHECK(tail.text().size() <= 2 * TextTail::bytes_max);
  CHECK(tail.text().ends_with("日本語 text "));
  CHECK((static_cast<unsigned char>(tail.text().front()) & 0xC0) != 0x80);  // no part of a character
  tail.clear();
  CHECK(tail.text().empty());
}

TEST_CASE("the end of a line is fitted between grapheme clusters") {
  CHECK(fitted_end("the end", 7) == "the end");
  CHECK(fitted_end("the very end ", 8) == "…ery end");
  CHECK(fitted_end("日本語", 5) == "…本語");
  CHECK(fitted_end("日本語", 4) == "…語");
  CHECK(fitted_end("abc", 1) == "…");
  CHECK(fitted_end("abc", 0).empty());
  for (std::size_t columns = 0; columns < 20; ++columns) {
    CHECK(display_width(fitted_end("a 👨‍👩‍👧‍👦 family, 日本 and e\u0301", columns)) <= columns);
  }
}
