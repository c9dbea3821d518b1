// Event logs in one SQLite file: every event that a subscriber received survives the end of the process; accepted
// tasks, finished steps and terminal events survive a power failure. One process per file; one thread writes and
// checkpoints (writer/writer.h), all others read. docs/event-log.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/core/event_store.h"
#include "server/runtime/event_loop_group.h"
#include "server/storage/sqlite/answers.h"
#include "server/storage/sqlite/database/reader_pool.h"
#include "server/storage/sqlite/database/store_files.h"
#include "server/storage/sqlite/writer/writer.h"

namespace plenum::storage {

struct SqliteStoreOptions {
  std::string path;
  std::string boot_id;  // of the running machine
  WriterOptions writer{};
  std::int64_t bytes_max = std::int64_t{10} << 30;  // of all tasks in the file; the oldest are over quota. 0: no bound
};

class SqliteStore final : public core::EventStore {
 public:
  // Opens or creates the file and reads what the previous process did not finish. Fails with config_invalid if the
  // file is unusable, and then does not change it. Loops and clock must outlive the store.
  static Result<std::unique_ptr<SqliteStore>> open(runtime::EventLoopGroup& loops, const Clock& clock,
                                                   SqliteStoreOptions options);
  ~SqliteStore() override;  // the loops must have stopped; commits what they appended

  std::string_view name() const override { return core::name_of(core::StoreKind::sqlite); }
  core::DurableWriter& durable_writer(unsigned loop) override;
  Result<void> accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& response) override;
  Result<void> request_cancel(const StreamId& id) override;
  Result<void> remove(const std::vector<StreamId>& ids, WallTime gone_until, core::Removal removal) override;
  void touch(std::vector<std::pair<StreamId, WallTime>> accesses) override;
  Result<core::StoredStream> load(const StreamId& id) const override;
  Result<std::vector<core::StoredTask>> list(const core::TaskQuery& query) const override;
  Result<std::vector<StreamId>> expired(WallTime now, std::size_t limit) const override;
  Result<std::vector<StreamId>> over_quota(std::size_t limit) const override;
  Result<std::optional<core::KeyedResponse>> find_idempotent_response(const std::string& key) const override;
  Result<std::vector<Turn>> turns(const std::string& conversation_id, std::size_t limit) const override;
  Result<std::vector<core::StoredConversation>> conversations(const core::ConversationQuery& query) const override;
  Result<core::StoredConversation> conversation(const std::string& id) const override;
  Result<std::vector<core::ConversationTask>> conversation_tasks(
      const core::ConversationTaskQuery& query) const override;
  Result<std::vector<std::string>> comparisons(const core::ComparisonQuery& query) const override;
  Result<void> rename_conversation(const std::string& id, const std::string& title) override;
  Result<std::vector<core::StoredStream>> load_unfinished() override;
  Result<void> replace(const core::StoredStream& stream) override;
  core::StoreState state() const override;
  core::AnswerStore* answers() override { return answers_.get(); }

 private:
  class LoopWriter;
  SqliteStore(runtime::EventLoopGroup& loops, const Clock& clock, SqliteStoreOptions options,
              std::unique_ptr<SqliteConnection> db, LockFile lock, StoreFiles files);
  template <class F>
  auto read(F&& query) const -> decltype(query(std::declval<SqliteReader&>()));

  const Clock& clock_;                                     // set once
  const SqliteStoreOptions options_;                       // set once
  StoreFiles files_;                                       // writer thread only; outlives all connections
  mutable SqliteReaderPool readers_;                       // any thread
  std::unique_ptr<SqliteWriter> writer_;                   // set once
  std::unique_ptr<SqliteAnswers> answers_;                 // set once
  std::vector<std::unique_ptr<LoopWriter>> loop_writers_;  // set once; each on its loop only
  std::vector<core::StoredStream> unfinished_;             // until load_unfinished()
};

// The full-text query for all of these words, the last one as a prefix. Pure.
std::string match_query(std::string_view words);

}  // namespace plenum::storage
