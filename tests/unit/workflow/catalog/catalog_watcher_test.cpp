#include "server/workflow/catalog/catalog_watcher.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "tests/support/manual_clock.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::workflow {

namespace {

namespace fs = std::filesystem;

struct NoProviders final : core::ProviderDirectory {
  std::vector<core::ProviderInfo> none;
  const std::vector<core::ProviderInfo>& all() const override { return none; }
  const core::ProviderInfo* find(std::string_view) const override { return nullptr; }
};

// A watch over a directory, on a loop that the test turns; the disk and the kernel's notices are real.
struct WatchFixture {
  WatchFixture() {
    fs::create_directory(path);
    watch.start();
    rest();
  }

  void write(std::string_view description) const {
    above.write("flows/mine.toml",
                fmt::format("name = \"mine\"\ndescription = \"{}\"\nroles = [\"r\"]\nanswer = \"{{{{a}}}}\"\n"
                            "[[steps]]\nid = \"a\"\nagent = \"A\"\nstage = \"s\"\nprompt = \"x\"\n",
                            description));
  }
  // So much time that whatever was noticed is read and whatever is looked for now and then is found.
  void rest() {
    for (int tenth = 0; tenth < 25; ++tenth) {
      clock.advance(milliseconds(100));
      do {
        loop.run_once(milliseconds(1));
      } while (!watch.idle());
      loop.run_once(milliseconds(0));
    }
  }
  std::string description() const {
    const auto mine = engine.catalog()->find("mine");
    return mine ? mine->description : "none";
  }

  static std::shared_ptr<const Catalog> built_in() {
    return std::make_shared<const Catalog>(std::move(*Catalog::built_in()));
  }

  tests::TempDir above;
  const fs::path path = above.path() / "flows";
  NoProviders providers;
  tests::ManualClock clock;
  runtime::EventLoop loop{clock};
  TaskPlanner engine{built_in(), providers};
  std::vector<CatalogChange> news;
  CatalogWatcher watch{path.string(), engine, loop, [this](const CatalogChange& one) { news.push_back(one); }};
};

}  // namespace

TEST_CASE_FIXTURE(WatchFixture, "a change is read and told once, with the names that changed") {
  CHECK(news.empty());
  write("one");
  rest();
  CHECK(description() == "one");
  REQUIRE(news.size() == 1);
  CHECK(news[0].changed == std::vector<std::string>{"mine"});
  above.write("flows/notes.txt", "not a workflow");
  rest();
  CHECK(news.size() == 1);
  fs::remove(path / "mine.toml");
  rest();
  CHECK(description() == "none");
  CHECK(news.size() == 2);
}

TEST_CASE_FIXTURE(WatchFixture, "a fault is told once, keeps what there was, and is forgotten when it is mended") {
  write("one");
  rest();
  above.write("flows/bad.toml", "name = 3\n");
  rest();
  above.write("flows/notes.txt", "another change");
  rest();
  REQUIRE(news.size() == 2);
  CHECK(news[1].fault);
  CHECK(engine.catalogue_fault());
  CHECK(description() == "one");
  watch.read_again();
  rest();
  CHECK(news.size() == 3);  // who asks is told again
  CHECK(news[2].asked);
  fs::remove(path / "bad.toml");
  rest();
  CHECK(news.size() == 4);
  CHECK_FALSE(engine.catalogue_fault());
}

TEST_CASE_FIXTURE(WatchFixture,
                  "a directory that goes and comes, or is another one, is found, and then there is rest") {
  write("one");
  rest();
  fs::rename(path, above.path() / "old");
  rest();
  CHECK(engine.catalogue_fault());
  CHECK(description() == "one");
  fs::create_directory(path);
  write("two");
  rest();
  CHECK(description() == "two");
  fs::rename(path, above.path() / "older");
  fs::create_directory(path);
  write("three");
  rest();
  CHECK(description() == "three");
  write("four");  // the new one is watched as the old one was
  rest();
  CHECK(description() == "four");
  // Every reading makes a catalog; without a change nothing is read.
  const auto last = engine.catalog();
  rest();
  CHECK(engine.catalog() == last);
}

}  // namespace plenum::workflow
