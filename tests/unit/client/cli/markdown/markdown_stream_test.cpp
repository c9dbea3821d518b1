// What a reader sees of a Markdown text, at a width.
#include "client/cli/markdown/markdown_stream.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace plenum::client;

namespace {

std::string text_of(const std::vector<StyledLine>& lines) {
  std::string text;
  for (const StyledLine& line : lines) text += plain_text(line) + "\n";
  return text;
}

std::string rendered(std::string_view markdown, std::size_t columns = 40) {
  return text_of(markdown_lines(markdown, columns));
}

// The style of the span that contains `text`.
TextStyle style_of(const std::string& text, std::string_view markdown, std::size_t columns = 80) {
  for (const StyledLine& line : markdown_lines(markdown, columns)) {
    for (const Span& span : line) {
      if (span.text.find(text) != std::string::npos) return span.style;
    }
  }
  FAIL("no span contains " << text);
  return {};
}

std::vector<StyledLine> in_pieces(std::string_view text, std::size_t columns, std::mt19937& random,
                                  std::size_t piece_max) {
  MarkdownStream stream(columns);
  std::vector<StyledLine> out;
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(1 + random() % piece_max, text.size());
    stream.feed(text.substr(0, size), out);
    static_cast<void>(stream.tail(10));
    text.remove_prefix(size);
  }
  stream.finish(out);
  return out;
}

// One of everything.
constexpr std::string_view sample =
    "# Which *store*?\r\n\nTake **SQLite**; see [the page](https://sqlite.org) or <https://x.org>.\nNext line.\n\n"
    "Steps:\n1. Install it:\n   ```sh\n   apt install sqlite3 # once\n   ```\n2. Use it\n   - alone\n\n   - shared\n"
    "3. [ ] later\n\n> A quote\nlazily continued\n> - with a list\n\n---\n\n| a | b |\n|---|--:|\n| 中文 | 1 |\n| "
    "x\\|y | 23 "
    "|\n\n```python\ndef f():\n\treturn \"\"\"a\nb\"\"\"  # 👩‍💻\n\n```\nText <b>bold</b> &amp; &#27;[31m "
    "\x1b[31m\n\n"
    "    indented\n\n    code\nUnderlined\n===\n[1]: http://a.b\n* a\n\n  b\n* c\n+ d\n1) e\n";

}  // namespace

TEST_CASE("paragraphs are wrapped at words and line breaks stay") {
  CHECK(rendered("The quick brown fox jumps over\nthe dog.\n\n\nEnd", 12) ==
        "The quick\nbrown fox\njumps over\nthe dog.\n\nEnd\n");
}

TEST_CASE("headings keep their marks, and are apart from the text before them") {
  CHECK(rendered("a\n# One\nb\n\n### Three ###\n\nTwo\n---\nc") == "a\n\n# One\nb\n\n### Three\n\n## Two\nc\n");
  CHECK(style_of("One", "# One").bold);
  CHECK(rendered("## A long heading is indented", 20) == "## A long heading is\n   indented\n");
}

TEST_CASE("emphasis is shown by attributes without its marks") {
  const std::string text = "a *b* **c** ~~d~~ `e*` ***f***";
  CHECK(rendered(text) == "a b c d e* f\n");
  CHECK(style_of("b", text) == TextStyle{.italic = true});
  CHECK(style_of("c", text) == TextStyle{.bold = true});
  CHECK(style_of("d", text) == TextStyle{.strike = true});
  CHECK(style_of("e*", text) == TextStyle{.color = TextColor::cyan});
  CHECK(style_of("f", text) == TextStyle{.bold = true, .italic = true});
  CHECK(rendered("unfinished **bold and `code") == "unfinished **bold and `code\n");
}

TEST_CASE("links show their address") {
  CHECK(rendered("[docs](https://a.b/c) and <https://d.e> or www.f.g, h@i.j", 80) ==
        "docs (https://a.b/c) and https://d.e or www.f.g, h@i.j\n");
  CHECK(rendered("![a cat](cat.png) [![x](y.png)](z)", 80) == "a cat (cat.png) x (y.png) (z)\n");
  CHECK(style_of("docs", "[docs](x)").underline);
}

TEST_CASE("link definitions stay visible, because their references are not resolved") {
  CHECK(rendered("See [a][1].\n\n[1]: http://a.b\n- [2]: c\n\n```\n[3]: d\n```") ==
        "See [a][1].\n\n[1]: http://a.b\n• [2]: c\n\n  [3]: d\n");
}

TEST_CASE("lists are nested, numbered through, and as loose as in the source") {
  CHECK(rendered("Intro:\n- a\n  - b\n    - c\n      - d\n- e that is long enough to be wrapped here\n") ==
        "Intro:\n• a\n  ◦ b\n    ▪ c\n      ▪ d\n• e that is long enough to be wrapped\n  here\n");
  CHECK(rendered("1. a\n1. b\n\n   more\n1. c\n7) d\n") == "1. a\n2. b\n\n   more\n3. c\n\n7. d\n");
  CHECK(rendered("9. a\n10. b\n") == "9. a\n10. b\n");
  CHECK(rendered("- a\n\n- b\n") == "• a\n\n• b\n");
  CHECK(rendered("- [x] done\n- [ ] open\n") == "• [x] done\n• [ ] open\n");
  CHECK(rendered("* a\n-\n+ b") == "• a\n\n•\n• b\n");
}

TEST_CASE("block quotes have a bar on every line") {
  CHECK(rendered("> A quote that is wrapped\nlazily\n> > inner\n>\n> - item\n\nafter", 18) ==
        "│ A quote that is\n│ wrapped\n│ lazily\n│\n│ │ inner\n│\n│ • item\n\nafter\n");
}

TEST_CASE("tables are aligned") {
  CHECK(rendered("Intro:\n| Name | Cost | Mid |\n|:-|-:|:-:|\n| 中文 | 1.5 | x |\n| `a|b` \\| c | 12 | yes |\n| e || f "
                 "| g |\n",
                 60) ==
        "Intro:\nName    │ Cost │  Mid\n────────┼──────┼──────\n中文    │  1.5 │   x\na|b | c │   12 │  yes\ne       │ "
        "     │ f | g\n");
}

TEST_CASE("a table that is too wide wraps its cells") {
  CHECK(
      rendered("| Kind | Description |\n|---|---|\n| store | Keeps all events of all streams on disk |\n| x | y |\n",
               30) ==
      "Kind  │ Description\n──────┼───────────────────────\nstore │ Keeps all events of\n      │ all streams on disk\n"
      "──────┼───────────────────────\nx     │ y\n");
}

TEST_CASE("a table of too many columns for the width becomes records") {
  CHECK(
      rendered("| Provider name | Models offered | Price per call | Time in seconds | Note |\n|---|---|---|---|---|\n"
               "| a provider | 12 | $0.10 and more | 3 | line<br>break |\n| b | 7 | 8 | 9 | |\n",
               40) ==
      "Provider name: a provider\nModels offered: 12\nPrice per call: $0.10 and more\nTime in seconds: 3\nNote: line\n"
      "  break\n\nProvider name: b\nModels offered: 7\nPrice per call: 8\nTime in seconds: 9\nNote:\n");
}

TEST_CASE("code keeps its spaces, and long lines are divided without loss") {
  CHECK(rendered("Run:\n```sh\nif x; then\n\ty\nfi\n\n  z\n```\nafter") ==
        "Run:\n\n  sh\n  if x; then\n      y\n  fi\n\n    z\n\nafter\n");
  CHECK(rendered("```\naaaa  bbbb cccc dddd\n```", 14) == "  aaaa  bbbb c\n  ccc dddd\n");
  CHECK(rendered("~~~ text\n```\n~~~\n\n    indented\n\n    code\n") == "  text\n  ```\n\n  indented\n\n  code\n");
  CHECK(rendered("```\nnever closed") == "  never closed\n");
}

TEST_CASE("HTML is text, except line breaks, and entities are characters") {
  CHECK(rendered("<div>\n<b>x</b><br>y &lt;&nbsp;&hearts; &#65;&#x1F600;\n<!-- a -->") ==
        "<div>\n<b>x</b>\ny <\u00A0&hearts; A😀\n<!-- a -->\n");
}

TEST_CASE("no text and no entity can control the terminal") {
  CHECK(rendered("\x1b[31m `\x9b` &#27;]0;t&#7; &#8238; &#0; &#xD800;") == "␛[31m � ␛]0;t␇ <U+202E> � �\n");
  CHECK(rendered("[a](x\x1b]8;;y)") == "a (x␛]8;;y)\n");
  CHECK(rendered("```a\x1b&#27;\nb\r\n\x07\n```") == "  a␛&#27;\n  b\n  ␇\n");
}

TEST_CASE("rules are as wide as the terminal") { CHECK(rendered("a\n\n***\nb", 5) == "a\n\n─────\nb\n"); }

TEST_CASE("the lines of a text do not depend on how it was divided") {
  std::mt19937 random(20240917);
  for (const std::size_t columns : {1U, 7U, 20U, 40U, 80U, 140U}) {
    const std::vector<StyledLine> whole = markdown_lines(sample, columns);
    for (int round = 0; round < 50; ++round) {
      CHECK(in_pieces(sample, columns, random, round % 2 == 0 ? 3 : 200) == whole);
    }
  }
}

TEST_CASE("the lines of random Markdown do not depend on how it was divided, fit the width and lose no word") {
  constexpr std::string_view parts[] = {
      "\n",    "\n\n", "- ", "1. ", "2) ",  "> ",   "```\n", "~~~ c\n",     "# ",   "---\n",
      "===\n", "| ",   " |", "|-|", "    ", "   ",  "\t",    "*",           "**",   "`",
      "[",     "](",   ")",  "]: ", "<br>", "&lt;", "\\",    "👩‍💻", "中文", "é"};
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t i = 0, parts_count = random() % 40; i < parts_count; ++i) {
      if (random() % 2 == 0) {
        text += "w" + std::to_string(i) + "w" + (random() % 2 == 0 ? " " : "\n");
      } else {
        text += parts[random() % std::size(parts)];
      }
    }
    CAPTURE(text);
    const std::size_t columns = 20 + random() % 60;
    const std::vector<StyledLine> whole = markdown_lines(text, columns);
    CHECK(in_pieces(text, columns, random, 4) == whole);
    for (const StyledLine& line : whole) CHECK(width_of(line) <= columns);
    // Words may be divided.
    const std::string shown = text_of(whole);
    CHECK(std::count(shown.begin(), shown.end(), 'w') >= std::count(text.begin(), text.end(), 'w'));
  }
}

TEST_CASE("a finished block is shown at once, an unfinished one as its text") {
  MarkdownStream stream(20);
  std::vector<StyledLine> out;
  const auto fed = [&](std::string_view text) {
    out.clear();
    stream.feed(text, out);
    return text_of(out);
  };
  CHECK(fed("# Ti") == "");
  CHECK(text_of(stream.tail(5)) == "# Ti\n");
  CHECK(fed("tle\nSome **bo") == "# Title\n");
  CHECK(text_of(stream.tail(5)) == "Some **bo\n");
  CHECK(fed("ld** text that is wrapped") == "");
  CHECK(text_of(stream.tail(5)) == "Some **bold** text\nthat is wrapped\n");
  CHECK(text_of(stream.tail(1)) == "that is wrapped\n");
  CHECK(fed("\n\n- one\n- t") == "Some bold text that\nis wrapped\n");
  CHECK(text_of(stream.tail(5)) == "\n- one\n- t\n");
  CHECK(fed("wo\n```c\nint x;\n  y") == "\n• one\n• two\n\n  c\n  int x;\n");
  CHECK(text_of(stream.tail(5)) == "    y\n");
  stream.set_columns(40);
  CHECK(fed("\n```\nlast") == "    y\n");
  CHECK(text_of(stream.tail(5)) == "\nlast\n");
  out.clear();
  stream.finish(out);
  CHECK(text_of(out) == "\nlast\n");
  CHECK(stream.tail(5).empty());
}

TEST_CASE("text that would take long to parse is shown as it is") {
  std::string wide = std::string(9000, '|') + "\n";
  for (int i = 0; i < 9000; ++i) wide += "|-";
  wide += "|\n";
  for (int i = 0; i < 300; ++i) wide += "|a|\n";
  CHECK(rendered(wide).find("|a|") != std::string::npos);
  CHECK(rendered(std::string(5000, '>') + " deep", 80).find("deep") != std::string::npos);
  const std::string line(100'000, 'x');
  CHECK(markdown_lines(line, 1000).size() == 100);
  std::string list;
  for (int i = 0; i < 9000; ++i) list += "  text of one item\n";
  const std::string shown = rendered("- a\n" + list, 80);
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 9001);
}
