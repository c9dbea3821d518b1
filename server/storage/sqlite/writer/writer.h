// The only thread that writes and checkpoints: commits what all event loops and request threads submit in one
// transaction after another, and reports to each loop which of its frames are durable. While the disk fails, it holds
// the frames, reports nothing as durable, and retries. docs/event-log.md, "Writing" and "Disk failures".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/storage/sqlite/database/lock_file.h"
#include "server/storage/sqlite/database/store_files.h"
#include "server/storage/sqlite/writer/commit_queue.h"
#include "server/storage/sqlite/writer/compactor.h"
#include "server/storage/sqlite/writer/failure_recovery.h"
#include "server/storage/sqlite/writer/transaction_writer.h"
#include "server/storage/sqlite/writer/writer_connection.h"

namespace plenum::storage {

struct WriterOptions {
  JournalOptions journal{};
  std::int64_t checkpoint_pages = 4000;  // in the write-ahead log
  CommitQueueOptions commit{};
  std::chrono::milliseconds retry{500};  // after a failure
  seconds idempotency_ttl{24 * 3600};    // of the responses for keys
  seconds compacting_period{600};        // between compactions that removals by age start
};

class SqliteWriter {
 public:
  // db: open, with an up-to-date layout; journal: as found by recovery.
  // files: must outlive the writer; used by its thread only.
  SqliteWriter(std::string path, std::unique_ptr<SqliteConnection> db, LockFile lock, StoreFiles& files,
               JournalState journal, const Clock& clock, WriterOptions options);
  ~SqliteWriter();  // stop()

  // Before start(): with the first transaction all tails become segments, and no row of the journal remains.
  void empty_journal() { transaction_.empty_journal(); }
  // Once, before the first enqueue().
  void start();
  // Commits everything queued, as far as the disk permits, and closes the file cleanly.
  void stop();

  // --- any thread ---
  void enqueue(AppendBatch batch) { queue_.enqueue(std::move(batch)); }
  // Makes the change in a synced transaction and returns when it is durable. closes: tasks that it removes.
  Result<void> change(Change change, std::vector<StreamId> closes = {},
                      core::Removal removal = core::Removal::explicit_);
  // With the next transaction; not synced, and dropped while the disk fails.
  void change_later(Change change);
  // Adds a task; its frames start at 1.
  Result<void> accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& response);
  // Replaces everything stored of an unfinished task.
  Result<void> replace(const core::StoredStream& stream);
  core::StoreState state() const { return queue_.state(); }
  bool was_rejected(const StreamId& id) const { return queue_.was_rejected(id); }

 private:
  void run();
  void shut_down();
  void wait_for_disk(PendingWork work);
  void try_again();
  void commit(PendingWork work);
  void compact();
  void checkpoint();
  void check_files();
  void fail(const SqliteFault& fault, PendingWork work, StreamAppends appends);
  static void notify_durable(std::vector<AppendBatch>& batches);

  const Clock& clock_;  // set once
  CommitQueue queue_;   // any thread

  // Writer thread only, or before start().
  StoreFiles& files_;
  SteadyTime files_checked_{};
  WriterConnection connection_;
  LockFile lock_;
  TransactionWriter transaction_;
  Compactor compactor_;
  FailureRecovery recovery_;
  SteadyTime last_commit_{};

  std::thread thread_;  // owner only
};

}  // namespace plenum::storage
