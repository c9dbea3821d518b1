// Removes deleted text from the file for good: first from the full-text index, then by returning free pages. Runs in
// small steps while the writer has nothing to write. docs/event-log.md, "Memory, retention and deletion".
#pragma once

#include "common/base/clock.h"
#include "server/core/event_store.h"
#include "server/storage/sqlite/writer/writer_connection.h"

namespace plenum::storage {

// Writer thread only.
class Compactor {
 public:
  // period: minimum time between two compactions that removals by age start.
  explicit Compactor(seconds period) : period_(period) {}

  // For every transaction that removes tasks. True if a compaction starts with it: then the journal must be emptied in
  // the same transaction, because its rows contain frames of the removed tasks.
  bool start(core::Removal removal, SteadyTime now);
  bool pending() const { return phase_ != Phase::idle; }
  // One short transaction; throws SqliteFault, and the compaction then starts again.
  void step(WriterConnection& connection);

 private:
  enum class Phase { idle, starting, merging, shrinking };
  void advance(WriterConnection& connection);

  const seconds period_;  // set once
  Phase phase_ = Phase::idle;
  SteadyTime next_by_age_{};
};

}  // namespace plenum::storage
