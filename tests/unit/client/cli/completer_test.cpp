#include "client/cli/completion/completer.h"

#include <doctest/doctest.h>

#include "client/cli/args/command_app.h"
#include "client/cli/completion/scripts.h"

using namespace plenum;
using namespace plenum::client;

namespace {

using Words = std::vector<std::string>;

Completion at(const Words& words) {
  const CommandApp parser(columns_default);
  return completion_of(parser.app(), words);
}

Words values(const Words& words) {
  Words found;
  for (const Candidate& candidate : at(words).candidates) found.push_back(candidate.value);
  return found;
}

}  // namespace

TEST_CASE("commands and sub-commands are completed, hidden ones are not") {
  CHECK(values({"co"}) == Words{"conversations", "councils", "config", "completion"});
  CHECK(values({"--json", "ver"}) == Words{"version"});
  CHECK(values({"workflows", ""}) == Words{"show", "check", "new"});
  CHECK(values({"help", "workflows", "c"}).empty());
  CHECK(values({"help", "wo"}) == Words{"workflows"});
  CHECK(values({"__"}).empty());
  CHECK(at({"ver"}).candidates.at(0).description == "Show the versions of client and server");
}

TEST_CASE("options of the command and global ones are completed") {
  CHECK(values({"run", "--work"}) == Words{"--workflow"});
  CHECK(values({"run", "--out"}) == Words{"--output-format"});
  CHECK(values({"run", "a task", "--no-"}) == Words{"--no-verdict", "--no-cache", "--no-autostart"});
  CHECK(values({"run", "--", "--work"}).empty());
  CHECK(values({"list", "--workflow"}).empty());
}

TEST_CASE("fixed values of options are completed, behind a space or =") {
  CHECK(values({"--color", ""}) == Words{"auto", "always", "never"});
  CHECK(values({"run", "--on-interrupt", "l"}) == Words{"leave"});
  CHECK(values({"run", "--output-format=str"}) == Words{"--output-format=stream-json"});
  CHECK(values({"completion", "z"}) == Words{"zsh"});
}

TEST_CASE("values that a server or the file system knows have a kind") {
  const std::vector<std::pair<Words, ValueKind>> kinds = {
      {{"run", "-w", ""}, ValueKind::workflows},
      {{"run", "--council", "re"}, ValueKind::councils},
      {{"run", "-m", ""}, ValueKind::members},
      {{"run", "--prior", ""}, ValueKind::tasks},
      {{"run", "--file", ""}, ValueKind::files},
      {{"run", "-C", ""}, ValueKind::files},
      {{"run", "--files", ""}, ValueKind::directories},
      {{"attach", ""}, ValueKind::tasks},
      {{"skip", "last", ""}, ValueKind::members},
      {{"attach", "--from", "now", ""}, ValueKind::tasks},
      {{"workflows", "show", ""}, ValueKind::workflows},
      {{"workflows", "check", "a.toml", ""}, ValueKind::files},
      {{"conversations", "show", ""}, ValueKind::conversations},
      {{"models", ""}, ValueKind::providers},
      {{"attach", "last", ""}, ValueKind::none},
      {{"run", ""}, ValueKind::none},
      {{"run", "--deadline", ""}, ValueKind::none},
  };
  for (const auto& [words, kind] : kinds) {
    CAPTURE(words.back());
    CAPTURE(words.front());
    CHECK(at(words).kind == kind);
  }
}

TEST_CASE("of a list of members the last one is completed") {
  const Completion list = at({"run", "-m", "openai/o3,an"});
  CHECK(list.prefix == "openai/o3,");
  CHECK(list.typed == "an");
  const Completion chain = at({"run", "--fallback", "a=b,c"});
  CHECK(chain.prefix == "a=b,");
  const Completion joined = at({"run", "--member=an"});
  CHECK(joined.prefix == "--member=");
  CHECK(joined.typed == "an");
}

TEST_CASE("there is a script for bash, zsh and fish, which calls the hidden command") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    CHECK(completion_script(shell).find(" __complete -- ") != std::string_view::npos);
  }
  CHECK(completion_script("csh").empty());
}
