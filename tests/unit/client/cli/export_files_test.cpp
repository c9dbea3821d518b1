#include "client/cli/files/export_files.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/process/temp_dir.h"

namespace plenum::client {

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

TEST_CASE("the files of a result are written below the directory, which is created") {
  tests::TempDir parent;
  const auto directory = parent.path() / "program";
  const auto written =
      write_files(directory.string(), {{"src/a.py", "python", "x = 1"}, {"b.txt", "", ""}}, Existing::fail);
  REQUIRE(written);
  CHECK(written->size() == 2);
  CHECK(content(directory / "src" / "a.py") == "x = 1\n");
  CHECK(content(directory / "b.txt") == "");
}

TEST_CASE("an existing file is overwritten only on request, and without it no file is written") {
  tests::TempDir directory;
  directory.write("b.txt", "old");
  const std::vector<ResultFile> files = {{"a.txt", "", "new"}, {"b.txt", "", "new"}};
  const auto rejected = write_files(directory.path().string(), files, Existing::fail);
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().code == ErrorCode::usage);
  CHECK_FALSE(std::filesystem::exists(directory.path() / "a.txt"));
  REQUIRE(write_files(directory.path().string(), files, Existing::overwrite));
  CHECK(content(directory.path() / "b.txt") == "new\n");
}

TEST_CASE("no path leads out of the directory, by its parts or through a symbolic link") {
  tests::TempDir parent;
  const auto directory = parent.path() / "program";
  std::filesystem::create_directories(directory);
  std::filesystem::create_directory_symlink(parent.path(), directory / "link");
  std::filesystem::create_symlink(parent.path() / "a.txt", directory / "to nothing");
  using namespace std::string_literals;
  for (const std::string& path :
       {"../a.txt"s, "/a.txt"s, "x/../../a.txt"s, "link/a.txt"s, "to nothing"s, ""s, "b.txt\0c"s, "b\n.txt"s}) {
    CAPTURE(path);
    const auto rejected = write_files(directory.string(), {{path, "", "x"}}, Existing::overwrite);
    REQUIRE_FALSE(rejected);
    CHECK(rejected.error().code == ErrorCode::usage);
  }
  CHECK_FALSE(std::filesystem::exists(parent.path() / "a.txt"));
}

TEST_CASE("two files with one path are rejected before anything is written") {
  tests::TempDir directory;
  CHECK_FALSE(write_files(directory.path().string(), {{"a", "", "1"}, {"./a", "", "2"}}, Existing::overwrite));
  CHECK_FALSE(std::filesystem::exists(directory.path() / "a"));
}

TEST_CASE("a file is replaced as a whole, and only when it may be") {
  tests::TempDir dir;
  const std::string old = dir.write("old.md", "the old text");
  CHECK_FALSE(check_target(old, Existing::fail));
  CHECK_FALSE(write_file_atomically(old, "new", Existing::fail));
  CHECK(content(old) == "the old text");
  CHECK(write_file_atomically(old, "new", Existing::overwrite));
  CHECK(content(old) == "new");
  const std::string fresh = (dir.path() / "fresh.md").string();
  CHECK(check_target(fresh, Existing::fail));
  CHECK(write_file_atomically(fresh, "first", Existing::fail));
  CHECK(content(fresh) == "first");
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 2);  // no temporary file is left
}

TEST_CASE("a link stays one, a device is written directly, and a folder or a missing one is an error") {
  tests::TempDir dir;
  const std::string target = dir.write("target.md", "old");
  std::filesystem::create_symlink(target, dir.path() / "link.md");
  CHECK(write_file_atomically((dir.path() / "link.md").string(), "new", Existing::overwrite));
  CHECK(std::filesystem::is_symlink(dir.path() / "link.md"));
  CHECK(content(target) == "new");
  CHECK(write_file_atomically("/dev/null", "x", Existing::fail));
  const auto full = write_file_atomically("/dev/full", "x", Existing::fail);
  REQUIRE_FALSE(full);
  CHECK(full.error().code == ErrorCode::internal);
  for (const std::string& path : {dir.path().string(), (dir.path() / "none/x.md").string()}) {
    const auto failed = write_file_atomically(path, "x", Existing::overwrite);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::usage);
  }
}

}  // namespace plenum::client
