#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/architecture/doc_rules.h"
#include "tests/architecture/include_rules.h"
#include "tests/architecture/size_rules.h"
#include "tests/architecture/word_rules.h"

namespace plenum::tests {

namespace {

const std::string root = PLENUM_SOURCE_DIR;

const SourceTree& repository() {
  static const SourceTree tree = read_source_tree(root);
  return tree;
}

void report(const std::vector<std::string>& violations) {
  for (const std::string& line : violations) FAIL_CHECK(line);
}

}  // namespace

TEST_CASE("includes of the repository point down the layers") {
  REQUIRE(repository().contains("common/protocol/event.h"));
  report(include_violations(repository()));
}

TEST_CASE("no folder and no class of the repository is too large") { report(size_violations(repository())); }

TEST_CASE("texts of the repository use the terms of the field") {
  std::ostringstream list;
  list << std::ifstream(root + "/tests/architecture/banned_words.txt").rdbuf();
  const auto banned = read_banned_phrases(list.str());
  REQUIRE(banned.size() > 50);
  report(word_violations(repository(), banned));
}

TEST_CASE("files, links and headings that the repository names exist") {
  report(
      doc_violations(repository(), [](const std::string& path) { return std::filesystem::exists(root + "/" + path); }));
}

}  // namespace plenum::tests
