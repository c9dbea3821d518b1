// Event logs in one SQLite file: everything that any reader saw is still there after the process was killed,
// every accepted task, finished step and terminal event also after a power failure. One process for one file;
// one thread writes and checkpoints (sqlite_writer.h), all others read. docs/event-log.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/core/event_store.h"
#include "server/runtime/event_loop_group.h"
#include "server/storage/sqlite/readers.h"
#include "server/storage/sqlite/writer.h"

namespace plenum::storage {

struct SqliteStoreOptions {
  std::string path;
  std::string boot_id;  // of this boot of the machine
  WriterOptions writer{};
  std::int64_t bytes_max = std::int64_t{10} << 30;  // of all tasks in the file, which the oldest leave then; 0: no bound
};

class SqliteStore final : public core::EventStore {
 public:
  // Opens the file or makes it, and reads what an earlier process left unfinished. Fails with config_invalid
  // when the file cannot be used, and changes nothing then. EventLoopGroup and clock must outlive the store.
  static Result<std::unique_ptr<SqliteStore>> open(runtime::EventLoopGroup& loops, const Clock& clock,
                                                   SqliteStoreOptions options);
  ~SqliteStore() override;  // the loops must have stopped; keeps what they handed over

  std::string_view name() const override { return core::name_of(core::StoreKind::sqlite); }
  core::DurableWriter& durable_writer(unsigned loop) override;
  Result<void> accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& answer) override;
  Result<void> request_cancel(const StreamId& id) override;
  Result<void> remove(const std::vector<StreamId>& ids, WallTime gone_until, core::Removal removal) override;
  void touch(std::vector<std::pair<StreamId, WallTime>> when) override;
  Result<core::StoredStream> load(const StreamId& id) const override;
  Result<std::vector<core::StoredTask>> list(const core::TaskQuery& query) const override;
  Result<std::vector<StreamId>> expired(WallTime now, std::size_t limit) const override;
  Result<std::vector<StreamId>> over_quota(std::size_t limit) const override;
  Result<std::optional<core::KeyedResponse>> find_idempotent_response(const std::string& key) const override;
  Result<std::vector<Turn>> turns(const std::string& conversation_id, std::size_t limit) const override;
  Result<std::vector<core::StoredStream>> load_unfinished() override;
  Result<void> replace(const core::StoredStream& stream) override;
  core::StoreState state() const override;

 private:
  class LoopWriter;
  SqliteStore(const Clock& clock, SqliteStoreOptions options);
  void recover(std::unique_ptr<Sqlite> db, StoreLock lock);
  void start(runtime::EventLoopGroup& loops);
  template <class F>
  auto read(F&& what) const -> decltype(what(std::declval<SqliteReader&>()));

  const Clock& clock_;                                     // set once
  const SqliteStoreOptions options_;                       // set once
  mutable SqliteReaders readers_;                          // any thread
  std::unique_ptr<SqliteWriter> writer_;                   // set once
  std::vector<std::unique_ptr<LoopWriter>> loop_writers_;  // set once; each only on its loop
  std::vector<core::StoredStream> unfinished_;             // until they are taken
};

// The query of full-text search that finds all of these words, the last one also as a beginning. Pure.
std::string match_of(std::string_view words);

}  // namespace plenum::storage
