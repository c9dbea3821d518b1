// The one thread that writes and checkpoints. It takes what all loops hand over, keeps it in one transaction
// and tells each loop how far its streams are kept. When the disk fails it keeps what it was given, tells
// nobody that it is kept, and tries again until it is. docs/event-log.md, "Writing".
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/core/event_store.h"
#include "server/runtime/event_loop.h"
#include "server/storage/sqlite/lock_file.h"
#include "server/storage/sqlite/tables.h"

namespace plenum::storage {

struct WriterOptions {
  std::size_t segment_bytes = 64 * 1024;             // of frames that leave the journal together
  std::size_t journal_bytes_max = 32 * 1024 * 1024;  // then those that rest longest leave it all the same
  std::int64_t checkpoint_pages = 4000;              // in the write-ahead log
  std::chrono::microseconds group{4000};             // from one commit to the next, so that many share it
  std::chrono::microseconds sync_group{2000};        // likewise when somebody waits for a sync
  std::chrono::milliseconds retry{500};              // after a failure
  seconds keys_kept{24 * 3600};
  seconds compacting_period{600};  // as long as nobody asks for a removal
};

// What one loop had to keep at the end of a turn.
struct RecordBatch {
  runtime::EventLoop* loop = nullptr;
  std::vector<core::FrameAppend> records;
};

// The end of a stream's log that is not in a segment yet.
struct Tail {
  std::int64_t ordinal = 0;
  core::Frames frames;     // first_seq is right also when it is empty
  std::int64_t since = 0;  // the journal row with the first of them
};

using JournalRows = std::deque<std::pair<std::int64_t, std::size_t>>;  // id and size, oldest first

class SqliteWriter {
 public:
  using Change = std::function<void(SqliteTables&)>;
  using Tails = std::unordered_map<StreamId, Tail>;

  // db: open and up to date, with the tails and rows that recovery found; commit: the newest that was made.
  SqliteWriter(std::string path, std::unique_ptr<Sqlite> db, StoreLock lock, Tails tails, JournalRows rows,
               std::int64_t commit, const Clock& clock, WriterOptions options);
  ~SqliteWriter();  // stop()

  // Before start(): with the first transaction all tails go into segments and no row of the journal stays.
  void empty_journal() { empty_journal_ = true; }
  // Once, before anything is handed over.
  void start();
  // Keeps what was handed over, as far as that can be done, and leaves the file in order.
  void stop();

  // --- any thread ---
  void take(RecordBatch batch);
  // Makes the change in a transaction of its own or with others, synced, and returns when it is kept. It may
  // be made twice. closes: tasks that do not exist any more then.
  Result<void> change(Change change, std::vector<StreamId> closes = {},
                      core::Removal removal = core::Removal::explicit_);
  // With the next transaction; not synced, and dropped when the disk fails.
  void change_later(Change change);
  // A task that now exists: the frames that come for it are those from 1 on.
  Result<void> accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& answer);
  // In place of all that is kept of an unfinished task.
  Result<void> replace(const core::StoredStream& stream);
  core::StoreState state() const;
  // The task was refused when the disk failed. Its row may be there until the disk works again, and then goes:
  // nobody may be told of it meanwhile.
  bool was_refused(const StreamId& id) const;

 private:
  struct Order {
    Change change;
    Change undo;  // takes back what a transaction left that failed and was kept all the same
    std::shared_ptr<std::promise<Result<void>>> done;                         // null: nobody waits
    std::optional<std::pair<StreamId, std::shared_ptr<std::int64_t>>> opens;  // a task and its ordinal
    std::vector<StreamId> closes;
    core::Removal removal = core::Removal::explicit_;
  };
  // New frames of one stream in this transaction.
  class Growth {
   public:
    void add(const core::FrameAppend& record);
    const core::Frames& fresh() const;

    std::optional<core::TaskEnding> ending;
    bool to_segment = false;  // what was in the journal leaves it as well

   private:
    std::shared_ptr<const core::Frames> given_;  // as they were handed over, when that was once
    core::Frames joined_;                        // else
  };
  using Growths = std::unordered_map<StreamId, Growth>;
  struct Work {
    std::vector<RecordBatch> batches;
    std::vector<Order> orders;
    bool sync = false;
    bool empty() const { return batches.empty() && orders.empty(); }
  };
  // A transaction that failed: it may have been kept all the same.
  struct Doubt {
    std::int64_t commit = 0;
    std::vector<RecordBatch> batches;
    Growths growths;
    std::vector<Change> undos;  // of what was refused with it
  };

  Result<void> place(Order order);
  void run();
  Work next();
  void wait_for_disk(Work work);
  void compact();
  void commit(Work work);
  // What the transaction does to each stream; writes nothing.
  Growths plan(const Work& work) const;
  // In the transaction.
  void write(const Work& work, const Growths& growths);
  void write_growth(const StreamId& id, const Growth& growth, std::string& journal);
  void trim(const Growths& growths);
  // After it.
  void settle(std::vector<RecordBatch>& batches, const Growths& growths);
  void notify_durable(std::vector<RecordBatch>& batches);
  // --- when the disk fails (sqlite_trouble.cpp) ---
  void failed(const SqliteFault& fault, Work work, Growths growths);
  void set_state(std::optional<Error> error);
  void try_again();
  void reopen();
  void use(std::unique_ptr<Sqlite> db);
  static int note_pages(void* pages, sqlite3*, const char*, int count);
  void checkpoint();        // when the log is large
  void checkpoint_whole();  // now, everything; throws when it cannot be done

  const std::string path_;       // set once
  const Clock& clock_;           // set once
  const WriterOptions options_;  // set once

  // Only the writer's thread, or before start().
  std::unique_ptr<Sqlite> db_;
  std::unique_ptr<SqliteTables> tables_;
  StoreLock lock_;
  Tails tails_;
  std::int64_t commit_ = 0;
  std::int64_t trimmed_ = 0;
  JournalRows journal_rows_;
  std::size_t journal_bytes_ = 0;  // of these
  bool empty_journal_ = false;
  enum class Compacting { no, begins, merges, shrinks } compacting_ = Compacting::no;  // after a removal
  SteadyTime compact_at_{};  // not sooner, after removals by age
  bool full_sync_ = true;
  int wal_pages_ = 0;               // in the write-ahead log
  std::int64_t checkpoint_at_ = 0;  // pages
  std::optional<Doubt> doubt_;
  bool reopen_ = false;            // the connection is not to be trusted any more
  std::vector<RecordBatch> held_;  // wait for the disk to work again
  SteadyTime last_commit_{}, again_at_{};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Work waiting_;                          // guarded by mutex_
  bool stopping_ = false;                 // guarded by mutex_
  core::StoreState state_;                // guarded by mutex_
  std::unordered_set<StreamId> refused_;  // guarded by mutex_; as many as were on their way when the disk failed
  std::thread thread_;                    // only the owner
};

}  // namespace plenum::storage
