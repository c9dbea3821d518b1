#include "server/provider/protocol/think_splitter.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using plenum::protocol::ThinkSplitter;

namespace {

using Parts = std::pair<std::string, std::string>;  // reasoning, answer

Parts split(std::string_view text, std::size_t piece) {
  ThinkSplitter splitter;
  Parts parts;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    splitter.feed(text.substr(0, piece), parts.first, parts.second);
  }
  splitter.finish(parts.first, parts.second);
  return parts;
}

void check(std::string_view text, const Parts& expected) {
  for (std::size_t piece = 1; piece <= text.size() + 1; ++piece) {
    CAPTURE(text);
    CAPTURE(piece);
    CHECK(split(text, piece) == expected);
  }
}

}  // namespace

TEST_CASE("inline reasoning is split off however the text is fragmented") {
  check("<think>hm</think>\n\nyes", {"hm", "yes"});
  check("<thinking>a < b</thinking>yes", {"a < b", "yes"});
  check("\n <think>\n1 </thin 2</think>yes </think>", {"\n1 </thin 2", "yes </think>"});
  check("<think></think>yes", {"", "yes"});
}

TEST_CASE("reasoning without an end has no answer") {
  check("<think>hm", {"hm", ""});
  check("<think>hm</thi", {"hm</thi", ""});
  check("<think>hm</think>\n", {"hm", ""});
}

TEST_CASE("an answer that mentions a tag later, or starts with another one, is untouched") {
  check("Use <think>tags</think>.", {"", "Use <think>tags</think>."});
  check("<thing>x</thing>", {"", "<thing>x</thing>"});
  check("  <b>x", {"", "  <b>x"});
  check("<think", {"", "<think"});
  check(" \n", {"", " \n"});
  check("<think>a</think><think>b</think>", {"a", "<think>b</think>"});
}

TEST_CASE("an answer of blanks is not held back without a limit") {
  ThinkSplitter splitter;
  std::string reasoning, answer;
  for (int i = 0; i < 5000; ++i) splitter.feed("\n", reasoning, answer);
  CHECK(answer.size() == 5000);
  CHECK(splitter.done());
}
