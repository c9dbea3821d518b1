#include "server/workflow/planning/search_text.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/workflow/kinds/step_kind.h"

using namespace plenum;
using namespace plenum::workflow;

namespace {

std::string query_in(std::string_view reply) { return step_kind_named("query")->parse(reply, {}).text; }

}  // namespace

TEST_CASE("the query is the first line with words of a reply, without what models put around it") {
  constexpr std::pair<const char*, const char*> replies[] = {
      {"sqlite 3.51 release notes", "sqlite 3.51 release notes"},
      {"\n\n  sqlite   release\tnotes \n", "sqlite release notes"},
      {"\"sqlite release notes\"", "sqlite release notes"},
      {"“sqlite release notes”", "sqlite release notes"},
      {"**Query:** sqlite release notes", "sqlite release notes"},
      {"Search query: sqlite release notes\n\nThis finds …", "sqlite release notes"},
      {"Here is the query:\n\n`sqlite release notes`", "sqlite release notes"},
      {"```\nsqlite release notes\n```", "sqlite release notes"},
      {"- sqlite release notes", "sqlite release notes"},
      {"", ""},
      {" \n```\n```\n**\n", ""},
  };
  for (const auto& [reply, query] : replies) {
    CAPTURE(reply);
    CHECK(query_in(reply) == query);
  }
  CHECK(query_in(std::string(5000, 'x')).size() == query_bytes_max);
}

TEST_CASE("a short question alone is its own query; a long one, a context and earlier turns need one") {
  CHECK_FALSE(needs_query("What changed in the latest SQLite release?", "{}", {}));
  CHECK_FALSE(needs_query("What changed?", "", {}));
  CHECK(needs_query("What changed?", "{}", std::vector<Turn>{{"q", "a"}}));
  CHECK(needs_query("What changed?", R"({"a":1})", {}));
  CHECK(needs_query("First line.\nWhat changed?", "{}", {}));
  CHECK(needs_query(std::string(151, 'x'), "{}", {}));
}

TEST_CASE("without a written query, a long task is searched by its last question, else by its last sentence") {
  const std::string material(2000, 'w');
  CHECK(search_text("What is new?", {}) == "What is new?");
  CHECK(search_text(material + ". What is new in 3.5 of it? " + material + ". Thanks.", {}) ==
        "What is new in 3.5 of it?");
  CHECK(search_text(material + ".\nSummarize the news\n", {}) == "Summarize the news");
  CHECK(search_text(material, {}).size() == query_bytes_max);
  CHECK(search_text("", {}).empty());
}

TEST_CASE("without a written query, a follow-up is searched together with the question before it") {
  const std::vector<Turn> turns{{"Who?", "x"}, {"What is in SQLite 3.51?", "much"}};
  CHECK(search_text("And what changed in it?", turns) == "What is in SQLite 3.51? And what changed in it?");
  CHECK(search_text(std::string(390, 'x'), turns) == std::string(390, 'x'));
}
