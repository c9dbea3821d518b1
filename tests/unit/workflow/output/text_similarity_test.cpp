#include "server/workflow/output/text_similarity.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

namespace plenum::workflow {

TEST_CASE("a text is wholly like itself, whatever its case and punctuation") {
  CHECK(text_similarity("One two, three four.", "one TWO three four") == 1.0);
  CHECK(text_similarity("", "") == 1.0);
  CHECK(text_similarity("yes", "Yes!") == 1.0);
}

TEST_CASE("texts that share no three words in a row are not alike at all") {
  CHECK(text_similarity("one two three", "three two one") == 0.0);
  CHECK(text_similarity("yes", "no") == 0.0);
  CHECK(text_similarity("yes", "a much longer answer than that") == 0.0);
}

TEST_CASE("a small change gives a high similarity") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "word" + std::to_string(i) + " ";
  std::string changed = text;
  changed.replace(changed.find("word50"), 6, "other!");
  const double alike = text_similarity(text, changed);
  CHECK(alike > 0.95);
  CHECK(alike < 1.0);
}

TEST_CASE("similarity is symmetric and between zero and one") {
  rc::check([](const std::string& a, const std::string& b) {
    const double alike = text_similarity(a + " one two three " + b, b + " one two three " + a);
    RC_ASSERT(alike >= 0);
    RC_ASSERT(alike <= 1);
    RC_ASSERT(alike == text_similarity(b + " one two three " + a, a + " one two three " + b));
    RC_ASSERT(text_similarity(a, a) == 1.0);
  });
}

}  // namespace plenum::workflow
