// Writes the frames of one transaction and follows it in memory: the journal tail of every unfinished stream and the
// rows of the journal. docs/event-log.md, "Writing" and "Journal".
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/core/event_store.h"
#include "server/storage/sqlite/database/tables.h"
#include "server/storage/sqlite/writer/commit_queue.h"

namespace plenum::storage {

// The end of a stream's log that is in the journal only.
struct JournalTail {
  std::int64_t ordinal = 0;
  core::Frames frames;         // first_seq is valid even if it is empty
  std::int64_t first_row = 0;  // the journal row with the first of them
};
using JournalTails = std::unordered_map<StreamId, JournalTail>;

// The journal as found when the file was opened.
struct JournalState {
  JournalTails tails;                                     // of every unfinished stream
  std::deque<std::pair<std::int64_t, std::size_t>> rows;  // id and size, oldest first
  std::int64_t commit = 0;                                // number of the newest transaction
};

// New frames of one stream in a transaction.
class StreamAppend {
 public:
  void add(const core::FrameAppend& append);
  const core::Frames& frames() const;

  std::optional<core::TaskEnding> ending;
  bool to_segment = false;  // the frames and the journal tail become a segment

 private:
  std::shared_ptr<const core::Frames> single_;  // one append is not copied
  core::Frames joined_;                         // of several
};
using StreamAppends = std::unordered_map<StreamId, StreamAppend>;

struct JournalOptions {
  std::size_t segment_bytes = 64 * 1024;             // of frames that leave the journal together
  std::size_t journal_bytes_max = 32 * 1024 * 1024;  // beyond this, idle streams leave it as well
};

// Writer thread only, or before it starts.
class TransactionWriter {
 public:
  TransactionWriter(JournalState state, JournalOptions options);

  // With the next transaction all tails become segments, and no row of the journal remains.
  void empty_journal() { empty_journal_ = true; }
  // Number of the newest committed transaction; the next one has the number after it.
  std::int64_t committed() const { return commit_; }
  // What the transaction appends to each stream. Writes nothing.
  StreamAppends plan(const PendingWork& work) const;
  // Inside the transaction; throws SqliteFault.
  void write(SqliteTables& tables, const PendingWork& work, const StreamAppends& appends);
  // After the commit.
  void apply_commit(const StreamAppends& appends);
  void apply_change(const PendingChange& change);
  // After a failure, instead of apply_commit().
  void discard_uncommitted();

 private:
  void write_append(SqliteTables& tables, const StreamId& id, const StreamAppend& append, std::string& journal);
  void trim_journal(SqliteTables& tables, const StreamAppends& appends);

  const JournalOptions options_;  // set once
  JournalTails tails_;
  std::int64_t commit_ = 0;
  std::int64_t trimmed_ = 0;  // rows before this one were deleted
  std::deque<std::pair<std::int64_t, std::size_t>> rows_;
  std::size_t row_bytes_ = 0;  // of these
  bool empty_journal_ = false;
};

}  // namespace plenum::storage
