#include "common/base/word_wrap.h"

#include <doctest/doctest.h>

using namespace plenum;

TEST_CASE("a text is broken at spaces, and every line after the first is indented") {
  CHECK(word_wrapped("one two three", 7) == "one two\nthree");
  CHECK(word_wrapped("one two three", 9, 2) == "one two\n  three");
  CHECK(word_wrapped("one  two\nthree", 80) == "one two three");
  CHECK(word_wrapped("", 10).empty());
}

TEST_CASE("a word that is longer than a line stays whole, and characters count, not bytes") {
  CHECK(word_wrapped("a 0123456789 b", 5) == "a\n0123456789\nb");
  CHECK(word_wrapped("ää öö üü", 5) == "ää öö\nüü");
}

TEST_CASE("paragraphs are joined and wrapped; indented and empty lines are unchanged") {
  CHECK(paragraphs_wrapped("one\ntwo three\n\n  $ a very long command\nfour", 9) ==
        "one two\nthree\n\n  $ a very long command\nfour\n");
}
