#include "server/workflow/output/code_files.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace plenum::workflow {

namespace {

// `path|language|text` of each file, `!` behind one that stops before its end.
std::vector<std::string> files(std::string_view answer) {
  std::vector<std::string> found;
  for (const CodeFile& one : parse_code_files(answer)) {
    found.push_back(one.file.path + "|" + one.file.language + "|" + one.file.text + (one.complete ? "" : "!"));
  }
  return found;
}

using Files = std::vector<std::string>;

}  // namespace

TEST_CASE("every fenced file of an answer is found, with its path and its language") {
  CHECK(files("Here:\n\n**src/a.py**\n\n```python\nx = 1\n```\n\n### `b.py`\n```py\ny = 2\n\n```\nDone.") ==
        Files{"src/a.py|python|x = 1", "b.py|py|y = 2\n"});
}

TEST_CASE("a path is found in the line before, in the info string, or in a first comment") {
  for (const char* answer :
       {"src/a.py\n```python\nx\n```", "File: `src/a.py`\n\n```python\nx\n```", "1. src/a.py:\n```python\nx\n```",
        "src/a.py (new)\n```python\nx\n```", "```python src/a.py\nx\n```", "```python:src/a.py\nx\n```",
        "```python title=\"src/a.py\"\nx\n```"}) {
    CAPTURE(answer);
    CHECK(files(answer) == Files{"src/a.py|python|x"});
  }
  CHECK(files("```js\n// path: src/a.js\nx\n```") == Files{"src/a.js|js|// path: src/a.js\nx"});
  CHECK(files("```html\n<!-- index.html -->\nx\n```") == Files{"index.html|html|<!-- index.html -->\nx"});
}

TEST_CASE("a block without a path is named after its language, and no two files share a name") {
  CHECK(files("```python\nx\n```\nThen run:\n```sh\nls\n```\nand\n```sh\npwd\n```\n```\nz\n```") ==
        Files{"main.py|python|x", "main.sh|sh|ls", "main-2.sh|sh|pwd", "main.txt||z"});
}

TEST_CASE("a file that holds fences itself survives whole") {
  CHECK(files("README.md\n```markdown\n# a file\n```sh\nls\n```\nend\n```\n") ==
        Files{"README.md|markdown|# a file\n```sh\nls\n```\nend"});
  CHECK(files("README.md\n````md\n```\nls\n```\n````") == Files{"README.md|md|```\nls\n```"});
  CHECK(files("~~~md\n```\nls\n```\n~~~") == Files{"main.md|md|```\nls\n```"});
  // Where inner blocks leave one open, a fence closes by CommonMark.
  CHECK(files("```\n```python\nx\n```\n").size() >= 1);
}

TEST_CASE("a block that is not closed is a file that stops before its end") {
  CHECK(files("a.py\n```python\nx = 1\ny =") == Files{"a.py|python|x = 1\ny =!"});
}

TEST_CASE("a path cannot leave its directory") {
  CHECK(files("../../etc/passwd.txt\n```\nx\n```") == Files{"etc/passwd.txt||x"});
  CHECK(files("/etc/cron.d/x.sh\n```sh\nx\n```") == Files{"etc/cron.d/x.sh|sh|x"});
}

TEST_CASE("prose before a block is no path") {
  CHECK(files("Run it with python main.py and wait.\n```sh\nls\n```") == Files{"main.sh|sh|ls"});
  CHECK(files("The e.g. case\n```sh\nls\n```") == Files{"main.sh|sh|ls"});
  CHECK(files("no code at all") == Files{});
}

TEST_CASE("files that were rendered are found again") {
  rc::check("rendered files", [] {
    std::vector<ResultFile> made;
    const auto count = *rc::gen::inRange<int>(1, 4);
    for (int i = 0; i < count; ++i) {
      std::string text;
      for (const int line : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6))) {
        constexpr const char* lines[] = {"x = 1", "```", "```sh", "````", "", "# path: b.py"};
        text += std::string(text.empty() ? "" : "\n") + lines[line];
      }
      made.push_back({"dir/file" + std::to_string(i) + ".md", "md", text});
    }
    std::vector<ResultFile> found;
    for (const CodeFile& one : parse_code_files(render_code_files(made))) {
      RC_ASSERT(one.complete);
      found.push_back(one.file);
    }
    for (ResultFile& file : made) {
      if (file.text.ends_with('\n')) file.text.pop_back();
    }
    for (ResultFile& file : found) {
      if (file.text.ends_with('\n')) file.text.pop_back();
    }
    RC_ASSERT(found == made);
  });
}

TEST_CASE("a revision replaces the files that it repeats and keeps the others") {
  const std::vector<ResultFile> earlier = {{"a", "", "1"}, {"b", "", "2"}}, later = {{"b", "", "3"}, {"c", "", "4"}};
  const auto merged = merge_code_files(earlier, later);
  CHECK(merged == std::vector<ResultFile>{{"a", "", "1"}, {"b", "", "3"}, {"c", "", "4"}});
}

}  // namespace plenum::workflow
