// Which words of code are colored.
#include "client/cli/markdown/code_highlighter.h"

#include <doctest/doctest.h>

using namespace plenum::client;

namespace {

// The line with a letter before each styled part: k(eyword) s(tring) n(umber) c(omment).
std::string marked(CodeHighlighter& highlighter, std::string_view text) {
  std::string out;
  for (const Span& span : highlighter.line(text)) {
    switch (span.style.color) {
      case TextColor::magenta:
        out += "k{" + span.text + "}";
        break;
      case TextColor::green:
        out += "s{" + span.text + "}";
        break;
      case TextColor::yellow:
        out += "n{" + span.text + "}";
        break;
      case TextColor::gray:
        out += "c{" + span.text + "}";
        break;
      default:
        out += span.text;
    }
  }
  return out;
}

std::string marked(std::string_view info, std::string_view text) {
  CodeHighlighter highlighter(code_language(info));
  return marked(highlighter, text);
}

}  // namespace

TEST_CASE("keywords, strings, numbers and comments are colored by language") {
  CHECK(marked("cpp", "int x = 0x1F; // \"a\"") == "k{int} x = n{0x1F}; c{// \"a\"}");
  CHECK(marked("Python title=x", "if a1 in ['x\\'', 1.5]: # y") == "k{if} a1 k{in} [s{'x\\''}, n{1.5}]: c{# y}");
  CHECK(marked("sql", "SELECT a FROM b -- c") == "k{SELECT} a k{FROM} b c{-- c}");
  CHECK(marked("rust", "fn f<'a>(x: &'a str)") == "k{fn} f<'a>(x: &'a k{str})");
  CHECK(marked("json", "{\"a\": [true, -2]}") == "{s{\"a\"}: [k{true}, -n{2}]}");
  CHECK(marked("html", "<a href=\"x\"><!-- y -->") == "<a href=s{\"x\"}>c{<!-- y -->}");
  CHECK(marked("sh", "echo it's $1") == "k{echo} it's $n{1}");
}

TEST_CASE("a language that is not in the table has no colors") {
  CHECK(code_language("brainfuck") == nullptr);
  CHECK(code_language("") == nullptr);
  CHECK(marked("text", "if \"x\" // y") == "if \"x\" // y");
}

TEST_CASE("comments and strings may extend over lines") {
  CodeHighlighter highlighter(code_language("js"));
  CHECK(marked(highlighter, "a /* b") == "a c{/* b}");
  CHECK(marked(highlighter, "if") == "c{if}");
  CHECK(marked(highlighter, "*/ if `x") == "c{*/} k{if} s{`x}");
  CHECK(marked(highlighter, "y` 1") == "s{y`} n{1}");
}

TEST_CASE("every row of the language table can be selected by each of its names") {
  for (const char* name : {"c++", "py", "tsx", "kotlin", "cs", "golang", "rs", "rb", "php", "console", "mysql", "jsonc",
                           "toml", "svg", "scss", "lua"}) {
    CHECK_MESSAGE(code_language(name) != nullptr, name);
  }
}
