// A SQLite store in a directory of its own, on one event loop that the test runs step by step.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/runtime/event_loop_group.h"
#include "server/storage/sqlite/store.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

struct StoreFixture {
  explicit StoreFixture(storage::WriterOptions writer = {}) : options{path(), "boot-1", writer} { open(); }

  std::string path() const { return (dir.path() / "plenum.db").string(); }
  void open() {
    auto opened = storage::SqliteStore::open(loops, clock, options);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
    store = std::move(*opened);
  }
  void reopen() {
    store.reset();
    open();
  }
  // Opens a copy of the files as they are now: what a new process finds after this one was killed at this moment.
  std::unique_ptr<storage::SqliteStore> after_kill(const std::string& boot = "boot-1") {
    const auto copy = dir.path() / ("killed-" + std::to_string(++copies));
    std::filesystem::create_directory(copy);
    for (const char* end : {"", "-wal", "-lock"}) {
      if (std::filesystem::exists(path() + end))
        std::filesystem::copy_file(path() + end, copy / (std::string("plenum.db") + end));
    }
    auto other = options;
    other.path = (copy / "plenum.db").string();
    other.boot_id = boot;
    auto opened = storage::SqliteStore::open(loops, clock, other);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
    return std::move(*opened);
  }

  core::StoredTask task(const std::string& text = "a task") {
    core::StoredTask task;
    task.id = StreamId::random();
    task.epoch = "epoch111";
    task.info_json = "{}";
    task.task = text;
    task.created_at = task.used_at = clock.wall();
    task.retention = seconds(3600);
    return task;
  }
  core::StoredTask accepted(const std::string& text = "a task") {
    auto made = task(text);
    REQUIRE(store->accept(made, std::nullopt));
    return made;
  }
  static std::string frame(std::uint64_t seq, const std::string& text) {
    return "id: epoch111-" + std::to_string(seq) + "\nevent: x\ndata: " + text + "\n\n";
  }
  static std::shared_ptr<core::Frames> frames(std::uint64_t first, const std::vector<std::string>& texts) {
    auto made = std::make_shared<core::Frames>();
    made->first_seq = first;
    for (const auto& text : texts) {
      made->bytes += frame(first + made->ends.size(), text);
      made->ends.push_back(static_cast<std::uint32_t>(made->bytes.size()));
    }
    return made;
  }
  // Appends and runs the loop until the frames are durable.
  void record(const StreamId& id, std::uint64_t first, const std::vector<std::string>& texts, bool sync = false,
              std::optional<core::TaskEnding> ending = {}) {
    bool durable = false;
    store->durable_writer(0).append(
        {id, frames(first, texts), sync || ending, std::move(ending), [&] { durable = true; }});
    run_until([&] { return durable; });
  }
  core::TaskEnding ending(const std::string& answer = "an answer") {
    return {TaskStatus::completed, clock.wall(), 3, 3, answer};
  }
  template <class F>
  void run_until(F&& done) {
    for (int runs = 0; runs < 5000 && !done(); ++runs) loops.at(0).run_once(milliseconds(2));
    REQUIRE(done());
  }
  static std::string bytes_of(const core::StoredStream& stream) {
    std::string all;
    for (const auto& part : stream.parts) all += part.bytes;
    return all;
  }

  SystemClock clock;
  TempDir dir;
  int copies = 0;
  runtime::EventLoopGroup loops{clock, 1};
  storage::SqliteStoreOptions options;
  std::unique_ptr<storage::SqliteStore> store;
};

}  // namespace plenum::tests
