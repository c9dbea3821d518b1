#include "server/storage/sqlite/recovery.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "server/storage/sqlite/database/journal_record.h"
#include "server/storage/sqlite/database/reader.h"
#include "server/telemetry/log.h"

namespace plenum::storage {

namespace {

// Appends every record of the journal to the tail of its stream.
class JournalReplay {
 public:
  explicit JournalReplay(JournalTails& tails) : tails_(tails) {}

  void add(std::int64_t row, std::string_view data, std::int64_t checksum) {
    const auto records = read_records(data);
    if (checksum != journal_checksum(row, data) || !records) {
      has_damaged_rows_ = true;
      return;
    }
    for (const JournalRecord& record : *records) add(row, record);
  }
  // A damaged row may have contained frames of any stream.
  bool is_complete(const StreamId& id) const { return !has_damaged_rows_ && !broken_.contains(id); }

 private:
  void add(std::int64_t row, const JournalRecord& record) {
    const auto found = tails_.find(record.stream);
    if (found == tails_.end() || broken_.contains(record.stream)) return;  // finished or removed since
    JournalTail& tail = found->second;
    const std::uint64_t next = tail.frames.first_seq + tail.frames.ends.size();
    if (record.frames.last_seq() < next) return;  // in a segment already
    if (record.frames.first_seq != next) {
      broken_.insert(record.stream);
      return;
    }
    if (tail.frames.empty()) tail.first_row = row;
    join(tail.frames, record.frames);
  }

  JournalTails& tails_;
  std::unordered_set<StreamId> broken_;  // a record is missing
  bool has_damaged_rows_ = false;
};

// Unfinished streams with their segments, and an empty tail for each.
std::vector<core::StoredStream> read_unfinished(SqliteReader& reader, JournalTails& tails) {
  std::vector<core::StoredStream> unfinished;
  for (TaskRow& row : reader.unfinished()) {
    if (!row.intact) {
      log::error("store: the row of an unfinished task is damaged; the task is ignored");
      continue;
    }
    core::StoredStream stream;
    stream.parts = reader.segments(row, stream.complete);
    row.task.workflow = reader.workflow(row);
    JournalTail& tail = tails[row.task.id];
    tail.ordinal = row.ordinal;
    tail.frames.first_seq = stream.parts.empty() ? 1 : stream.parts.back().last_seq() + 1;
    stream.task = std::move(row.task);
    unfinished.push_back(std::move(stream));
  }
  return unfinished;
}

}  // namespace

RecoveredStore recover(const std::string& path, SqliteConnection& db, const PreviousRun& previous) {
  RecoveredStore recovered;
  JournalState& state = recovered.journal;
  SqliteReader reader(path);
  recovered.unfinished = read_unfinished(reader, state.tails);
  JournalReplay replay(state.tails);
  std::int64_t newest = 0;
  {
    Statement journal(db, "SELECT id, data, sum FROM journal ORDER BY id");
    while (journal.step()) {
      newest = journal.integer(0);
      replay.add(newest, journal.bytes(1), journal.integer(2));
      state.rows.emplace_back(newest, journal.bytes(1).size());
    }
  }
  newest = std::max(newest, SqliteTables(db).journal_reached().value_or(0));
  // Everything that the previous process may have published is in the file: it recorded the number of its newest
  // commit, and that commit is here.
  const bool nothing_lost = previous.known && (previous.clean || previous.same_boot) && previous.commit <= newest;
  for (core::StoredStream& stream : recovered.unfinished) {
    const JournalTail& tail = state.tails.at(stream.task.id);
    stream.complete &= nothing_lost && replay.is_complete(stream.task.id);
    recovered.all_complete &= stream.complete;
    if (!tail.frames.empty()) stream.parts.push_back(tail.frames);
  }
  if (!nothing_lost && !recovered.unfinished.empty()) {
    log::warning("store: {} unfinished streams may have lost their newest events; they get new epochs",
                 recovered.unfinished.size());
  }
  state.commit = std::max(newest, previous.commit);
  return recovered;
}

}  // namespace plenum::storage
