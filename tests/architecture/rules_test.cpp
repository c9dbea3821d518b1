// Each rule finds a violation that is planted, and nothing in a tree that has none.
#include <doctest/doctest.h>

#include "tests/architecture/doc_rules.h"
#include "tests/architecture/include_rules.h"
#include "tests/architecture/size_rules.h"
#include "tests/architecture/word_rules.h"

namespace plenum::tests {

namespace {

std::string joined(const std::vector<std::string>& violations) {
  std::string all;
  for (const std::string& line : violations) all += all.empty() ? line : "\n" + line;
  return all;
}
std::string includes(const SourceTree& tree) { return joined(include_violations(tree)); }
std::string sizes(const SourceTree& tree) { return joined(size_violations(tree)); }
std::string words(const SourceTree& tree) {
  return joined(word_violations(tree, read_banned_phrases("# a comment\nfoo bar = baz\nquux = corge\n")));
}
std::string docs(const SourceTree& tree) {
  return joined(doc_violations(tree, [&](const std::string& path) { return tree.contains(path); }));
}

// Texts that the rules search for, in pieces: this file is checked as well.
const std::string sleeping =
    "std::this_thread::sleep_"
    "for(1ms);\n";
const std::string unfinished =
    "// TO"
    "DO later\n";
const std::string machine =
    "const char* path = \"/ho"
    "me/me/plenum\";\n";

SourceTree folder_of_files(int count) {
  SourceTree tree;
  for (int i = 0; i < count; ++i) tree["server/stream/f" + std::to_string(i) + ".cpp"] = "\n";
  return tree;
}

}  // namespace

TEST_CASE("an include that points down is allowed") {
  CHECK(includes({{"server/http/handlers/a.cpp", "#include \"server/task/task_service.h\"\n#include <string>\n"},
                  {"server/http/routing/b.cpp", "#include \"server/http/handlers/a.h\"\n"},
                  {"server/app/app.cpp", "#include \"server/http/server/a.h\"\n#include \"server/stream/stream.h\"\n"},
                  {"server/main.cpp", "#include \"server/app/app.h\"\n"},
                  {"client/cli/commands/a.cpp", "#include \"client/api/a.h\"\n#include \"common/base/ids.h\"\n"},
                  {"server/stream/a.cpp", "#include \"server/stream/a.h\"\n"}}) == "");
}

TEST_CASE("an include that points up is reported with both layers") {
  CHECK(includes({{"server/stream/stream.cpp", "#include <map>\n\n  #  include \"server/task/task_service.h\"\n"}}) ==
        "server/stream/stream.cpp:3: includes upward from server/stream (layer 3) to server/task (layer 4)");
}

TEST_CASE("an include of a sibling module is reported") {
  CHECK(includes({{"server/workflow/run/run.cpp", "#include \"server/stream/stream.h\"\n"}}) ==
        "server/workflow/run/run.cpp:1: includes sideways from server/workflow (layer 3) to server/stream (layer 3)");
}

TEST_CASE("an include that points up between sub-folders of a module is reported") {
  CHECK(includes({{"server/http/message/a.cpp", "#include \"server/http/sse/cursor.h\"\n"}}) ==
        "server/http/message/a.cpp:1: includes upward from server/http/message to server/http/sse inside one module");
  CHECK(includes({{"common/base/a.cpp", "#include \"common/json/json.h\"\n"}}) ==
        "common/base/a.cpp:1: includes upward from common/base to common/json inside one module");
}

TEST_CASE("a folder without a layer and an include that is not from the root are reported") {
  CHECK(includes({{"server/attic/box.cpp", "#include \"common/base/ids.h\"\n"}}) ==
        "server/attic/box.cpp:1: is in server/attic, which is no module; add a row to "
        "tests/architecture/include_rules.cpp");
  CHECK(includes({{"server/http/attic/a.cpp", "#include \"server/http/message/a.h\"\n"}})
            .starts_with("server/http/attic/a.cpp:1: is about server/http/attic, a sub-folder without a place"));
  CHECK(includes({{"server/stream/a.cpp", "#include \"../task/views.h\"\n"}}) ==
        "server/stream/a.cpp:1: includes ../task/views.h; write the path from the root of the repository");
}

TEST_CASE("client and server do not depend on each other, and neither depends on tests") {
  CHECK(includes({{"client/api/a.cpp", "#include \"server/core/chat.h\"\n"}}) ==
        "client/api/a.cpp:1: includes server/core/chat.h; client must not depend on server/core");
  CHECK(includes({{"server/task/a.cpp", "#include \"client/api/a.h\"\n"}}) ==
        "server/task/a.cpp:1: includes client/api/a.h; server/task must not depend on client");
  CHECK(includes({{"common/base/clock.cpp", "#include \"tests/support/manual_clock.h\"\n"}}) ==
        "common/base/clock.cpp:1: includes tests/support/manual_clock.h from common/base, but tests/support is no "
        "module");
}

TEST_CASE("a third-party library outside its place is reported") {
  CHECK(includes({{"server/task/views.cpp", "#include <httplib.h>\n"}}) ==
        "server/task/views.cpp:1: includes httplib.h, which only server/http/server/ may include");
  CHECK(includes({{"server/stream/stream.h", "// x\n#include <concurrentqueue/concurrentqueue.h>\n"}}) ==
        "server/stream/stream.h:2: includes concurrentqueue/concurrentqueue.h, which only "
        "server/stream/event_queue.h may include");
}

TEST_CASE("two files that include one library in one place are both reported") {
  CHECK(
      includes({{"client/api/a.cpp", "#include <curl/curl.h>\n"}, {"client/api/b.cpp", "#include <curl/curl.h>\n"}}) ==
      "client/api/a.cpp:1: is one of 2 files that include curl/ in client/api/; one may\n"
      "client/api/b.cpp:1: is one of 2 files that include curl/ in client/api/; one may");
}

TEST_CASE("a cycle between files is reported once, step by step") {
  CHECK(includes({{"common/base/a.h", "// a\n#include \"common/base/b.h\"\n"},
                  {"common/base/b.h", "// b\n#include \"common/base/c.h\"\n"},
                  {"common/base/c.h", "// c\n#include \"common/base/a.h\"\n"}}) ==
        "common/base/a.h:1: is part of an include cycle: common/base/a.h -> common/base/b.h -> common/base/c.h -> "
        "common/base/a.h");
}

TEST_CASE("a cycle between folders is reported although no file is part of a cycle") {
  CHECK(includes({{"server/storage/memory/a.h", "// a\n#include \"server/storage/sqlite/b.h\"\n"},
                  {"server/storage/sqlite/c.h", "// c\n#include \"server/storage/memory/d.h\"\n"}})
            .find("server/storage/memory:1: is part of a cycle between folders: server/storage/memory -> "
                  "server/storage/sqlite -> server/storage/memory") != std::string::npos);
}

TEST_CASE("a folder of more than 25 files is reported") {
  CHECK(sizes(folder_of_files(25)) == "");
  CHECK(sizes(folder_of_files(26)) ==
        "server/stream:1: holds 26 files; more than 25 are two subjects: split the folder");
}

TEST_CASE("a class that is implemented in three source files is reported") {
  CHECK(sizes({{"server/stream/a.cpp", "Run::Run() : x(1) {\n"},
               {"server/stream/b.cpp", "void Run::start(int a) {\n"}}) == "");
  CHECK(sizes({{"server/stream/a.cpp", "Run::Run() : x(1) {\n"},
               {"server/stream/b.cpp", "Result<int> Run::start(int a) {\n"},
               {"server/stream/c.cpp", "void Run::State::stop() const {\n"}}) ==
        "server/stream/a.cpp:1: class Run is implemented in 3 source files (server/stream/a.cpp, server/stream/b.cpp, "
        "server/stream/c.cpp): split the class, not the file");
  CHECK(sizes({{"server/stream/a.cpp", "  Run::stop();\n"},
               {"server/stream/b.cpp", "  return Run::start(1);\n"},
               {"server/stream/c.cpp", "int x = Run::start(1);\n"}}) == "");
}

TEST_CASE("a banned phrase is reported in prose, in identifiers and in strings") {
  CHECK(words({{"common/base/a.cpp", "// A foo bar here.\n"}}) ==
        "common/base/a.cpp:1: \"foo bar\" is not a term of the field; write baz");
  CHECK(words({{"common/base/a.cpp", "int foo_bar = 1;\n"}}).starts_with("common/base/a.cpp:1: \"foo bar\""));
  CHECK(words({{"common/base/a.cpp", "int x = fooBar();\nstruct MyQuux {};\n"}}) ==
        "common/base/a.cpp:1: \"foo bar\" is not a term of the field; write baz\n"
        "common/base/a.cpp:2: \"quux\" is not a term of the field; write corge");
  CHECK(words({{"docs/a.md", "A Quux.\n"}}).starts_with("docs/a.md:1: \"quux\""));
  CHECK(words({{"docs/a.md", "Code `quux` and\n```\nquux\n```\n"}, {"common/base/a.cpp", "food bar quuxes\n"}}) == "");
}

TEST_CASE("a header without a comment, a machine's path, unfinished work and a sleeping test are reported") {
  CHECK(words({{"common/base/a.h", "#pragma once\n"}}) ==
        "common/base/a.h:1: has no comment that states its purpose and which thread may call it");
  CHECK(words({{"common/base/a.cpp", "\n" + machine}}).starts_with("common/base/a.cpp:2: names a path of one machine"));
  CHECK(words({{"common/base/a.cpp", unfinished}}).starts_with("common/base/a.cpp:1: holds "));
  CHECK(words({{"tests/unit/a.cpp", sleeping}}) ==
        "tests/unit/a.cpp:1: sleeps; wait for an event with a deadline instead");
  CHECK(words({{"tests/support/a.cpp", sleeping}}) == "");
}

TEST_CASE("a file, a link or a heading that does not exist is reported") {
  const SourceTree good{
      {"docs/a.md", "# Title\n\n## `Code` and Words\n\n[here](b.md#code-and-words) `common/base/a.h`\n"},
      {"docs/b.md", "# B\n\n## Code and Words\n"},
      {"common/base/a.h", "// docs/a.md,\n// \"Code and Words\".\n"}};
  CHECK(docs(good) == "");
  SourceTree bad = good;
  bad["docs/b.md"] = "# B\n\nSee [a](c.md), [b](a.md#nowhere) and `server/none.h`.\n";
  bad["common/base/a.h"] = "// docs/a.md, \"Errors\"; docs/d.md\n";
  CHECK(docs(bad) ==
        "common/base/a.h:1: names the heading \"Errors\", which docs/a.md does not have\n"
        "common/base/a.h:1: names docs/d.md, which does not exist\n"
        "docs/a.md:5: links to b.md#code-and-words, but docs/b.md has no such heading\n"
        "docs/b.md:3: links to c.md, which does not exist\n"
        "docs/b.md:3: links to a.md#nowhere, but docs/a.md has no such heading\n"
        "docs/b.md:3: names server/none.h, which does not exist");
}

}  // namespace plenum::tests
