#include "server/storage/sqlite/writer/transaction_writer.h"

#include <algorithm>

#include "server/storage/sqlite/database/journal_record.h"

namespace plenum::storage {

namespace {
constexpr std::int64_t commits_between_trims = 64;  // each deletion writes pages of its own
}  // namespace

void StreamAppend::add(const core::FrameAppend& append) {
  if (append.ending) ending = append.ending;
  if (!single_) {
    single_ = append.frames;
    return;
  }
  if (joined_.empty()) joined_ = *single_;
  join(joined_, *append.frames);
}

const core::Frames& StreamAppend::frames() const {
  static const core::Frames none;
  if (!joined_.empty()) return joined_;
  return single_ ? *single_ : none;
}

TransactionWriter::TransactionWriter(JournalState state, JournalOptions options)
    : options_(options), tails_(std::move(state.tails)), commit_(state.commit), rows_(std::move(state.rows)) {
  for (const auto& [id, bytes] : rows_) row_bytes_ += bytes;
}

StreamAppends TransactionWriter::plan(const PendingWork& work) const {
  StreamAppends appends;
  for (const AppendBatch& batch : work.batches) {
    for (const core::FrameAppend& append : batch.appends) {
      if (!tails_.contains(append.id)) continue;  // the task was removed
      appends[append.id].add(append);
    }
  }
  // A stream that appends little for a long time would prevent the journal from shrinking.
  const bool long_journal = row_bytes_ > options_.journal_bytes_max;
  std::int64_t old_row = long_journal ? rows_[rows_.size() / 2].first : 0;
  if (empty_journal_) old_row = commit_;
  for (const auto& [id, tail] : tails_) {
    if (old_row == 0) break;
    if (!tail.frames.empty() && tail.first_row <= old_row) appends[id].to_segment = true;
  }
  for (const PendingChange& change : work.changes) {
    for (const StreamId& id : change.closes) appends.erase(id);
  }
  for (auto& [id, append] : appends) {
    const std::size_t bytes = tails_.at(id).frames.bytes.size() + append.frames().bytes.size();
    append.to_segment |= append.ending || bytes >= options_.segment_bytes;
  }
  return appends;
}

void TransactionWriter::write(SqliteTables& tables, const PendingWork& work, const StreamAppends& appends) {
  for (const PendingChange& change : work.changes) change.change(tables);
  std::string journal;
  for (const auto& [id, append] : appends) write_append(tables, id, append, journal);
  // Even if it is empty: after a failure, the row shows whether this transaction was committed.
  tables.insert_journal(commit_ + 1, journal);
  rows_.emplace_back(commit_ + 1, journal.size());
  row_bytes_ += journal.size();
  trim_journal(tables, appends);
}

void TransactionWriter::write_append(SqliteTables& tables, const StreamId& id, const StreamAppend& append,
                                     std::string& journal) {
  if (!append.to_segment) return append_record(journal, id, append.frames());
  const JournalTail& tail = tails_.at(id);
  core::Frames segment = tail.frames;
  join(segment, append.frames());
  tables.insert_segment(tail.ordinal, id, segment);
  if (append.ending) tables.end_task(id, *append.ending, segment.last_seq());
}

// Deletes the rows before the first one that a tail still needs.
void TransactionWriter::trim_journal(SqliteTables& tables, const StreamAppends& appends) {
  if (commit_ % commits_between_trims != 0 && !empty_journal_) return;
  std::int64_t needed = commit_ + 1;
  for (const auto& [id, tail] : tails_) {
    if (empty_journal_) break;  // every tail is in a segment now, or was replaced
    const auto append = appends.find(id);
    if (append != appends.end() && append->second.to_segment) continue;
    if (!tail.frames.empty()) needed = std::min(needed, tail.first_row);
  }
  if (rows_.front().first >= needed) return;
  tables.trim_journal(needed, commit_ + 1);
  trimmed_ = needed;
}

void TransactionWriter::apply_commit(const StreamAppends& appends) {
  ++commit_;
  empty_journal_ = false;
  for (const auto& [id, append] : appends) {
    if (append.ending) {
      tails_.erase(id);
      continue;
    }
    JournalTail& tail = tails_.at(id);
    if (append.to_segment) {
      tail.frames = {};
      tail.first_row = 0;
      continue;
    }
    if (tail.frames.empty()) tail.first_row = commit_;
    join(tail.frames, append.frames());
  }
  while (!rows_.empty() && rows_.front().first < trimmed_) {
    row_bytes_ -= rows_.front().second;
    rows_.pop_front();
  }
}

void TransactionWriter::apply_change(const PendingChange& change) {
  for (const StreamId& id : change.closes) tails_.erase(id);
  if (change.opens) tails_[change.opens->first].ordinal = *change.opens->second;
}

void TransactionWriter::discard_uncommitted() {
  while (!rows_.empty() && rows_.back().first > commit_) {
    row_bytes_ -= rows_.back().second;
    rows_.pop_back();
  }
}

}  // namespace plenum::storage
