#include "server/storage/sqlite/writer/writer_connection.h"

#include <algorithm>
#include <utility>

#include "server/storage/sqlite/database/schema.h"

namespace plenum::storage {

WriterConnection::WriterConnection(std::string path, std::unique_ptr<SqliteConnection> db, StoreFiles& files,
                                   std::int64_t checkpoint_pages)
    : path_(std::move(path)), files_(files), checkpoint_pages_(checkpoint_pages) {
  use(std::move(db));
}

void WriterConnection::use(std::unique_ptr<SqliteConnection> db) {
  db_ = std::move(db);
  tables_ = std::make_unique<SqliteTables>(*db_);
  full_sync_ = true;
  wal_pages_ = 0;
  sqlite3_wal_hook(db_->handle(), note_wal_pages, &wal_pages_);
}

int WriterConnection::note_wal_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

void WriterConnection::set_sync(bool sync) {
  if (sync == full_sync_) return;
  db_->execute(sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  full_sync_ = sync;
}

void WriterConnection::checkpoint_if_due() {
  if (wal_pages_ < std::max(checkpoint_at_, checkpoint_pages_)) return;
  int in_log = 0, done = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &done);
  // Pages that a reader still uses stay for the next checkpoint.
  checkpoint_at_ = done == in_log ? 0 : wal_pages_ + checkpoint_pages_;
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) throw db_->fault_of(code);
}

void WriterConnection::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) throw db_->fault_of(code);
}

void WriterConnection::reopen() {
  // Otherwise SQLite would create a new file, or write to one that is not the store.
  if (auto fault = files_.check()) throw *std::move(fault);
  close();
  files_.forget_companions();
  auto opened = open_for_writing(path_);
  if (!opened) throw SqliteFault{SQLITE_CANTOPEN, opened.error().message, 0};
  use(std::move(*opened));
  checkpoint();
}

void WriterConnection::close() {
  tables_.reset();
  db_.reset();
}

}  // namespace plenum::storage
