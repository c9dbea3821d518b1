// The writing connection: its tables, its sync mode, and the checkpoints of its write-ahead log.
#pragma once

#include <memory>
#include <string>

#include "server/storage/sqlite/database/store_files.h"
#include "server/storage/sqlite/database/tables.h"

namespace plenum::storage {

// Writer thread only, or before it starts. All calls throw SqliteFault.
class WriterConnection {
 public:
  // db: open, with an up-to-date layout. files: must outlive this.
  WriterConnection(std::string path, std::unique_ptr<SqliteConnection> db, StoreFiles& files,
                   std::int64_t checkpoint_pages);
  WriterConnection(const WriterConnection&) = delete;  // the WAL hook points into it
  WriterConnection& operator=(const WriterConnection&) = delete;

  SqliteConnection& db() { return *db_; }
  SqliteTables& tables() { return *tables_; }
  // Whether the next commits are synced to disk before they return.
  void set_sync(bool sync);
  // Copies the write-ahead log into the file, if the log is long. Never waits for readers.
  void checkpoint_if_due();
  // Copies and truncates the whole write-ahead log, synced.
  void checkpoint();
  // Opens the file again, if it is still that of the path, and writes and syncs once more everything that was ever
  // reported as durable.
  void reopen();
  void close();

 private:
  void use(std::unique_ptr<SqliteConnection> db);
  static int note_wal_pages(void* pages, sqlite3*, const char*, int count);

  const std::string path_;               // set once
  StoreFiles& files_;                    // set once
  const std::int64_t checkpoint_pages_;  // set once
  std::unique_ptr<SqliteConnection> db_;
  std::unique_ptr<SqliteTables> tables_;
  bool full_sync_ = true;
  int wal_pages_ = 0;               // in the write-ahead log
  std::int64_t checkpoint_at_ = 0;  // pages; above the minimum while readers delay a checkpoint
};

}  // namespace plenum::storage
