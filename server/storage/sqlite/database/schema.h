// The tables of the store and the migrations between their layouts (docs/event-log.md, "Layout").
#pragma once

#include <string>

#include "server/core/event_store.h"
#include "server/storage/sqlite/database/connection.h"
#include "server/storage/sqlite/database/row_checksum.h"

namespace plenum::storage {

// Opens the file for writing, creates it if necessary, and migrates its tables. Throws SqliteFault; fails with
// config_invalid if the file has a newer layout or belongs to another program.
Result<std::unique_ptr<SqliteConnection>> open_for_writing(const std::string& path);

inline std::int64_t ms_of(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime time_of(std::int64_t ms) { return WallTime(milliseconds(ms)); }

// The columns of a task in the order that read_task() expects, for `SELECT <these> FROM streams`.
#define PLENUM_TASK_COLUMNS                                                                              \
  "streams.ordinal, streams.id, streams.epoch, streams.info, streams.conversation, streams.created_at, " \
  "streams.retention_s, streams.used_at, streams.cancel_requested, streams.status, streams.last_seq, "   \
  "streams.total_chunks, streams.chunks_completed, streams.finished_at, streams.sum, streams.workflow"
constexpr int task_columns = 16;

struct TaskRow {
  std::int64_t ordinal = 0;              // in the order of acceptance
  core::StoredTask task;                 // without text and workflow, which are in other tables
  std::optional<std::int64_t> workflow;  // key in the table `workflows`
  bool intact = true;                    // false: the checksum does not match
};
TaskRow read_task(const Statement& row);
// Covers every column except used_at, which changes often and is not critical.
std::int64_t checksum_of(const core::StoredTask& task, std::optional<std::int64_t> workflow);

// The key of a workflow in its table: the checksum of its text, which reading it verifies.
std::int64_t workflow_key(std::string_view source);

// Checksums of one row each.
std::int64_t segment_checksum(std::string_view stream, std::int64_t first_seq, std::string_view lengths,
                              std::string_view bytes);
std::int64_t journal_checksum(std::int64_t id, std::string_view data);
std::int64_t texts_checksum(std::int64_t ordinal, std::string_view task, std::string_view answer);
std::int64_t comparison_checksum(std::int64_t ordinal, const core::Comparison& comparison);
std::int64_t title_checksum(std::string_view conversation, std::string_view title);
std::int64_t key_checksum(std::string_view key, std::string_view digest, std::string_view stream,
                          std::string_view answer);

}  // namespace plenum::storage
