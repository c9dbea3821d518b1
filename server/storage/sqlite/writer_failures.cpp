// The writer when the disk fails, and its care for the write-ahead log.
#include <fmt/format.h>

#include <utility>

#include "server/storage/sqlite/writer.h"
#include "server/telemetry/log.h"

namespace plenum::storage {

void SqliteWriter::set_state(std::optional<Error> error) {
  std::lock_guard lock(mutex_);
  if (error && state_.writable) {
    log::error("store: {}. Nothing new is accepted, and events wait until they can be kept.", error->message);
  } else if (!error && !state_.writable) {
    log::info("store: it can be written again");
  }
  state_.writable = !error;
  state_.error = std::move(error);
}

// Whoever waits for an answer gets it; what loops handed over is kept for later.
void SqliteWriter::failed(const SqliteFault& fault, Work work, Growths growths) {
  Error error = error_of(fault);
  // For those who ask it is the store that fails, whatever is the matter with it.
  if (error.code != ErrorCode::store_full) error.code = ErrorCode::store_unavailable;
  error.retry_after = milliseconds(2000);
  Doubt doubt{commit_ + 1, std::move(work.batches), std::move(growths), {}};
  while (!journal_rows_.empty() && journal_rows_.back().first > commit_) {
    journal_bytes_ -= journal_rows_.back().second;
    journal_rows_.pop_back();
  }
  for (Order& order : work.orders) {
    if (order.undo) doubt.undos.push_back(std::move(order.undo));
    if (!order.opens || !order.done) continue;
    std::lock_guard lock(mutex_);
    refused_.insert(order.opens->first);
  }
  doubt_ = std::move(doubt);
  // After a failed sync the system may take unwritten pages for written: nothing of this connection is
  // believed any more.
  reopen_ = true;
  again_at_ = clock_.steady() + options_.retry;
  set_state(error);
  for (Order& order : work.orders) {
    if (order.done) order.done->set_value(Failure(error));
  }
}

void SqliteWriter::reopen() {
  tables_.reset();
  db_.reset();
  auto opened = open_for_writing(path_);
  if (!opened) throw SqliteFault{SQLITE_CANTOPEN, opened.error().message, 0};
  use(std::move(*opened));
  // Everything that was ever said to be kept is read once more, written to its place and synced there.
  checkpoint_whole();
}

void SqliteWriter::try_again() {
  Work work;
  work.sync = true;
  try {
    if (reopen_) reopen();
    reopen_ = false;
    if (doubt_ && tables_->has_journal(doubt_->commit)) {
      // The transaction that failed is there: its frames must not be written twice, and what was refused
      // with it must not have happened.
      settle(doubt_->batches, doubt_->growths);
      for (const Change& undo : doubt_->undos) {
        Order order;
        order.change = order.undo = undo;
        work.orders.push_back(std::move(order));
      }
      doubt_.reset();
    }
  } catch (const SqliteFault& fault) {
    again_at_ = clock_.steady() + options_.retry;
    return;
  }
  if (doubt_) work.batches = std::move(doubt_->batches);
  doubt_.reset();
  for (auto& batch : held_) work.batches.push_back(std::move(batch));
  held_.clear();
  set_state(std::nullopt);
  commit(std::move(work));  // also when there is nothing to write: it shows that something can be written
}

void SqliteWriter::use(std::unique_ptr<Sqlite> db) {
  db_ = std::move(db);
  tables_ = std::make_unique<SqliteTables>(*db_);
  full_sync_ = true;
  wal_pages_ = 0;
  sqlite3_wal_hook(db_->handle(), note_pages, &wal_pages_);
}

int SqliteWriter::note_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

void SqliteWriter::checkpoint() {
  if (wal_pages_ < std::max(checkpoint_at_, options_.checkpoint_pages)) return;
  int in_log = 0, done = 0;
  const int code = sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &done);
  // Readers that are in it keep the rest for the next time.
  checkpoint_at_ = done == in_log ? 0 : wal_pages_ + options_.checkpoint_pages;
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) failed(db_->fault_of(code), {}, {});
}

void SqliteWriter::checkpoint_whole() {
  const int code = sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) throw db_->fault_of(code);
}

}  // namespace plenum::storage
