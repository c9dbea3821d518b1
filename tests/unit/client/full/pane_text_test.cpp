// The text of one member in the full-screen view, while it grows.
#include "client/cli/full/pane_text.h"

#include <doctest/doctest.h>

using namespace plenum::client;

namespace {

std::string text_of(const PaneText& pane) {
  std::string text;
  for (std::size_t i = 0; i < pane.size(); ++i) text += plain_text(pane.line(i)) + "\n";
  return text;
}

std::string shown_at_once(const std::vector<PaneText::Part>& parts, std::size_t columns) {
  PaneText pane;
  pane.show(parts, columns);
  return text_of(pane);
}

}  // namespace

TEST_CASE("parts have headings, and the last one grows") {
  PaneText pane;
  pane.show({{"a", "answers", "# One\ntwo **b", false}}, 20);
  CHECK(text_of(pane) == "answers\n\n# One\ntwo **b\n");
  pane.show({{"a", "answers", "# One\ntwo **bold**\n", true}, {"b", "reviews", "- x", false}}, 20);
  CHECK(text_of(pane) == "answers\n\n# One\ntwo bold\n\nreviews\n\n- x\n");
}

TEST_CASE("growing text looks like text that is shown at once") {
  const std::string text = "Intro:\n\n1. one\n2. two\n\n```c\nint x;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nend";
  PaneText pane;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    pane.show({{"a", "stage", std::string_view(text).substr(0, size), false}}, 20);
  }
  pane.show({{"a", "stage", text, true}}, 20);
  CHECK(text_of(pane) == shown_at_once({{"a", "stage", text, true}}, 20));
}

TEST_CASE("another width, a discarded attempt and another member are shown from their start") {
  PaneText pane;
  pane.show({{"a", "", "some words that wrap", true}}, 12);
  CHECK(text_of(pane) == "some words\nthat wrap\n");
  pane.show({{"a", "", "some words that wrap", true}}, 40);
  CHECK(text_of(pane) == "some words that wrap\n");
  pane.show({{"a", "", "some", false}}, 40);
  CHECK(text_of(pane) == "some\n");
  pane.show({{"b", "", "other", true}}, 40);
  CHECK(text_of(pane) == "other\n");
  pane.show({}, 40);
  CHECK(pane.size() == 0);
}

TEST_CASE("an earlier part that still grows is shown whole") {
  PaneText pane;
  pane.show({{"a", "", "one", false}, {"b", "", "two", false}}, 40);
  pane.show({{"a", "", "one more\n", true}, {"b", "", "two", false}}, 40);
  CHECK(text_of(pane) == "one more\n\ntwo\n");
}

TEST_CASE("search finds lines in upper and lower case, in both directions") {
  PaneText pane;
  pane.show({{"a", "", "Alpha\nbeta\nALPHA", false}}, 40);
  CHECK(pane.find("alpha", 0, true) == 0);
  CHECK(pane.find("alpha", 1, true) == 2);
  CHECK(!pane.find("alpha", 3, true));
  CHECK(pane.find("alpha", 2, false) == 0);
  CHECK(!pane.find("alpha", 0, false));
}

TEST_CASE("occurrences of the searched text are reversed, across styles") {
  const StyledLine line{{"x al", {}}, {"pha al", {.bold = true}}, {"ph", {}}};
  const StyledLine marked = highlighted(line, "ALPHA");
  CHECK(plain_text(marked) == plain_text(line));
  std::string reversed;
  for (const Span& span : marked) {
    if (span.style.reverse) reversed += span.text;
  }
  CHECK(reversed == "alpha");
  CHECK(highlighted(line, "") == line);
}
