#include "server/workflow/catalog/catalog_watcher.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "tests/support/manual_clock.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::workflow {

namespace {

namespace fs = std::filesystem;

// A watcher of a real directory with real inotify events, on a loop that the test runs.
struct WatchFixture {
  WatchFixture() {
    fs::create_directory(path);
    watch.start();
    settle();
  }

  void write(std::string_view description) const {
    above.write("flows/mine.toml",
                fmt::format("name = \"mine\"\ndescription = \"{}\"\nroles = [\"r\"]\nanswer = \"{{{{a}}}}\"\n"
                            "[[steps]]\nid = \"a\"\nagent = \"A\"\nstage = \"s\"\nprompt = \"x\"\n",
                            description));
  }
  // Long enough for pending events and for a periodic scan.
  void settle() {
    for (int tenth = 0; tenth < 25; ++tenth) {
      clock.advance(milliseconds(100));
      do {
        loop.run_once(milliseconds(1));
      } while (!watch.idle());
      loop.run_once(milliseconds(0));
    }
  }
  std::string description() const {
    const auto mine = catalog.get()->find("mine");
    return mine ? mine->description : "none";
  }

  static std::shared_ptr<const Catalog> built_in() {
    return std::make_shared<const Catalog>(std::move(*Catalog::built_in()));
  }

  tests::TempDir above;
  const fs::path path = above.path() / "flows";
  tests::ManualClock clock;
  runtime::EventLoop loop{clock};
  CurrentCatalog catalog{built_in()};
  std::vector<CatalogChange> news;
  CatalogWatcher watch{path.string(), catalog, loop, [this](const CatalogChange& one) { news.push_back(one); }};
};

}  // namespace

TEST_CASE_FIXTURE(WatchFixture, "a change is loaded and reported once, with the names that changed") {
  CHECK(news.empty());
  write("one");
  settle();
  CHECK(description() == "one");
  REQUIRE(news.size() == 1);
  CHECK(news[0].changed == std::vector<std::string>{"mine"});
  above.write("flows/notes.txt", "not a workflow");
  settle();
  CHECK(news.size() == 1);
  fs::remove(path / "mine.toml");
  settle();
  CHECK(description() == "none");
  CHECK(news.size() == 2);
}

TEST_CASE_FIXTURE(
    WatchFixture,
    "an invalid file is reported once, does not replace the catalog, and its error is cleared when it is fixed") {
  write("one");
  settle();
  above.write("flows/bad.toml", "name = 3\n");
  settle();
  above.write("flows/notes.txt", "another change");
  settle();
  REQUIRE(news.size() == 2);
  CHECK(news[1].error);
  CHECK(catalog.error());
  CHECK(description() == "one");
  watch.reload();
  settle();
  CHECK(news.size() == 3);  // a requested reload is reported again
  CHECK(news[2].requested);
  fs::remove(path / "bad.toml");
  settle();
  CHECK(news.size() == 4);
  CHECK_FALSE(catalog.error());
}

TEST_CASE_FIXTURE(
    WatchFixture,
    "a directory that is removed, recreated or replaced is detected, and an unchanged one is not read again") {
  write("one");
  settle();
  fs::rename(path, above.path() / "old");
  settle();
  CHECK(catalog.error());
  CHECK(description() == "one");
  fs::create_directory(path);
  write("two");
  settle();
  CHECK(description() == "two");
  fs::rename(path, above.path() / "older");
  fs::create_directory(path);
  write("three");
  settle();
  CHECK(description() == "three");
  write("four");  // the new directory is watched as well
  settle();
  CHECK(description() == "four");
  // Every reload creates a new catalog object; without a change there is no reload.
  const auto last = catalog.get();
  settle();
  CHECK(catalog.get() == last);
}

}  // namespace plenum::workflow
