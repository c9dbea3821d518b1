#include "server/storage/sqlite/writer/compactor.h"

namespace plenum::storage {

bool Compactor::start(core::Removal removal, SteadyTime now) {
  // Retention removes tasks all the time; each compaction rewrites the whole index.
  if (removal == core::Removal::by_age && now < next_by_age_) return false;
  next_by_age_ = now + period_;
  phase_ = Phase::starting;  // also from a later phase: the new text is in parts that were already merged
  return true;
}

void Compactor::step(WriterConnection& connection) {
  if (phase_ == Phase::idle) return;
  try {
    advance(connection);
  } catch (const SqliteFault&) {
    phase_ = Phase::starting;
    throw;
  }
}

void Compactor::advance(WriterConnection& connection) {
  SqliteConnection& db = connection.db();
  if (phase_ == Phase::shrinking) {
    db.execute("PRAGMA incremental_vacuum(500)");
    if (db.integer("PRAGMA freelist_count") > 0) return;
    phase_ = Phase::idle;
    // The write-ahead log still contains the old pages. A reader may prevent this; the next checkpoint repeats it.
    sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    return;
  }
  db.execute("BEGIN IMMEDIATE");
  const bool more = connection.tables().compact_search(phase_ == Phase::starting);
  db.execute("COMMIT");
  phase_ = more ? Phase::merging : Phase::shrinking;
}

}  // namespace plenum::storage
