// Reads what the previous process left: its unfinished streams, and the end of their logs from the journal.
// docs/event-log.md, "Recovery".
#pragma once

#include <string>
#include <vector>

#include "server/core/event_store.h"
#include "server/storage/sqlite/database/connection.h"
#include "server/storage/sqlite/database/lock_file.h"
#include "server/storage/sqlite/writer/transaction_writer.h"

namespace plenum::storage {

struct RecoveredStore {
  JournalState journal;
  std::vector<core::StoredStream> unfinished;
  bool all_complete = true;  // no stream lost events that subscribers may have seen
};

// db: open for writing, with an up-to-date layout. Writes nothing. Throws SqliteFault.
RecoveredStore recover(const std::string& path, SqliteConnection& db, const PreviousRun& previous);

}  // namespace plenum::storage
