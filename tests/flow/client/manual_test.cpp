// The manual pages that the build wrote, rendered by man-db, which scripts/setup --test installs.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/support/process/child_process.h"

namespace plenum::tests {

namespace {

Finished rendered(const std::string& page) {
  return run_to_end({"/usr/bin/man",
                     {"--warnings", "-E", "UTF-8", "-P", "cat", "-l", std::string(MANUAL_DIR) + "/" + page},
                     {{"MANWIDTH", "80"}, {"LC_ALL", "C.UTF-8"}, {"MAN_KEEP_FORMATTING", ""}},
                     {}},
                    seconds(60));
}

}  // namespace

TEST_CASE("both manual pages are rendered without a warning, within the width") {
  for (const char* page : {"plenum.1", "plenumd.8"}) {
    CAPTURE(page);
    const Finished man = rendered(page);
    CHECK(man.exit_code == 0);
    CHECK(man.err.empty());
    CHECK(man.out.find("NAME") != std::string::npos);
    CHECK(man.out.size() > 5'000);
  }
}

TEST_CASE("the manual of the server has every option of its help") {
  const Finished help = run_to_end({PLENUMD_PATH, {"--help"}, {}, {}}, seconds(60));
  std::ifstream file(std::string(MANUAL_DIR) + "/plenumd.8");
  std::string page{std::istreambuf_iterator<char>(file), {}};
  for (std::size_t at = 0; (at = page.find("\\-", at)) != page.npos;) page.replace(at, 2, "-");
  static const std::regex option(R"(--[a-z][a-z0-9-]+)");
  std::size_t options = 0;
  for (std::sregex_iterator at(help.out.begin(), help.out.end(), option), end; at != end; ++at, ++options) {
    CHECK_MESSAGE(page.find(at->str()) != page.npos, at->str());
  }
  CHECK(options > 50);
}

}  // namespace plenum::tests
