// A store whose files are removed, replaced or given a second name while it is in use.
#include "server/storage/sqlite/database/store_files.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/storage/store_fixture.h"

using namespace plenum;
using namespace plenum::storage;
using namespace plenum::tests;

namespace {

struct FilesFixture : StoreFixture {
  std::string aside() const { return (dir.path() / "aside.db").string(); }
  void wait_until_writable(bool writable) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (store->state().writable != writable && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    REQUIRE(store->state().writable == writable);
  }
  // The error of a task that is submitted now.
  Error rejection() {
    const auto accepted = store->accept(rejected, std::nullopt);
    REQUIRE_FALSE(accepted);
    CHECK(accepted.error().code == ErrorCode::store_unavailable);
    CHECK_FALSE(store->state().writable);
    return accepted.error();
  }
  bool stored(const StreamId& id) {
    const auto tasks = store->list({100, std::nullopt, "", std::nullopt});
    REQUIRE(tasks);
    return std::any_of(tasks->begin(), tasks->end(), [&](const auto& task) { return task.id == id; });
  }

  const core::StoredTask rejected = task("a task that is rejected");
};

}  // namespace

TEST_CASE_FIXTURE(FilesFixture, "a task is not acknowledged once the file was moved away, and is after it is back") {
  const auto before = accepted();
  std::filesystem::rename(path(), aside());
  const Error error = rejection();
  CHECK(error.message.find("was removed or moved away") != std::string::npos);
  CHECK(error.advice().find("Move the file back") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(path()));  // no new file takes its place
  std::filesystem::rename(aside(), path());
  wait_until_writable(true);
  const auto after = accepted();
  CHECK(stored(before.id));
  CHECK(stored(after.id));
  CHECK_FALSE(stored(rejected.id));
}

TEST_CASE_FIXTURE(FilesFixture, "a file that was put in the place of the store's is not written to") {
  accepted();
  std::filesystem::rename(path(), aside());
  std::ofstream(path()) << "another file";
  CHECK(rejection().message.find("was replaced by another file") != std::string::npos);
  CHECK(std::filesystem::file_size(path()) == std::string_view("another file").size());
}

TEST_CASE_FIXTURE(FilesFixture, "a second name of the file stops the store until it is removed") {
  std::filesystem::create_hard_link(path(), aside());
  CHECK(rejection().message.find("has a second name") != std::string::npos);
  std::filesystem::remove(aside());
  wait_until_writable(true);
  accepted();
  CHECK_FALSE(stored(rejected.id));
}

TEST_CASE_FIXTURE(FilesFixture, "a removed lock file or write-ahead log stops the store") {
  for (const char* suffix : {"-lock", "-wal", "-shm"}) {
    CAPTURE(suffix);
    accepted();
    std::filesystem::rename(path() + suffix, aside());
    CHECK(rejection().message.find(std::string(suffix) + " was removed or replaced") != std::string::npos);
    std::filesystem::rename(aside(), path() + suffix);
    wait_until_writable(true);
  }
}

TEST_CASE_FIXTURE(FilesFixture, "without any write the store notices that its file is gone") {
  std::filesystem::rename(path(), aside());
  wait_until_writable(false);
}

TEST_CASE_FIXTURE(FilesFixture, "a second process cannot open the file under another name") {
  std::filesystem::create_hard_link(path(), aside());
  auto other = options;
  other.path = aside();
  const auto second = SqliteStore::open(loops, clock, other);
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("another process uses") != std::string::npos);
}

TEST_CASE_FIXTURE(FilesFixture, "a second process cannot open the file after its lock file was removed") {
  std::filesystem::remove(path() + "-lock");
  const auto second = SqliteStore::open(loops, clock, options);
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("another process uses") != std::string::npos);
}

TEST_CASE_FIXTURE(FilesFixture, "a file with two names is not opened") {
  store.reset();
  std::filesystem::create_hard_link(path(), aside());
  const auto opened = SqliteStore::open(loops, clock, options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::config_invalid);
  CHECK(opened.error().message.find("has a second name") != std::string::npos);
}

TEST_CASE_FIXTURE(FilesFixture, "a trigger that was added to the file does not run") {
  store.reset();
  {
    SqliteConnection db(path(), SqliteConnection::Mode::write);
    db.execute(
        "CREATE TRIGGER added AFTER INSERT ON streams BEGIN INSERT INTO tombstones VALUES (x'00', 9000000000000); END");
  }
  open();
  accepted();
  store.reset();
  CHECK(SqliteConnection(path(), SqliteConnection::Mode::write).integer("SELECT count(*) FROM tombstones") == 0);
}
