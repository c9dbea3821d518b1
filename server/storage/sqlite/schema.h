// The tables of the store, and how an older file becomes a newer one (docs/event-log.md, "Layout").
#pragma once

#include <string>

#include "server/core/event_store.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/row_checksum.h"

namespace plenum::storage {

// Opens the file for writing, makes it if there is none, and brings its tables up to date. Throws SqliteFault;
// fails with config_invalid when the file is of a newer version, or none of ours.
Result<std::unique_ptr<Sqlite>> open_for_writing(const std::string& path);

inline std::int64_t ms_of(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime time_of(std::int64_t ms) { return WallTime(milliseconds(ms)); }

// The columns of a task in the order in which read_task() takes them, for `SELECT <these> FROM streams`.
#define PLENUM_TASK_COLUMNS                                                                              \
  "streams.ordinal, streams.id, streams.epoch, streams.info, streams.conversation, streams.created_at, " \
  "streams.retention_s, streams.used_at, streams.cancel_requested, streams.status, streams.last_seq, "   \
  "streams.total_chunks, streams.chunks_completed, streams.finished_at, streams.sum, streams.workflow"
constexpr int task_columns = 16;

struct TaskRow {
  std::int64_t ordinal = 0;  // in the order of acceptance
  core::StoredTask task;     // without the text to search and the workflow, which are in tables of their own
  std::optional<std::int64_t> workflow;  // its key there
  bool right = true;                     // false: this is not what was written
};
TaskRow read_task(const Statement& row);
// Over everything but used_at, which changes often and decides nothing that could be wrong.
std::int64_t sum_of(const core::StoredTask& task, std::optional<std::int64_t> workflow);

// The key of a workflow in its table, by which what is read is also known to be what was written.
std::int64_t workflow_key(std::string_view source);

// Over one segment of a stream's log.
std::int64_t segment_sum(std::string_view stream, std::int64_t first_seq, std::string_view lengths,
                         std::string_view bytes);
std::int64_t journal_sum(std::int64_t id, std::string_view data);
std::int64_t texts_sum(std::int64_t ordinal, std::string_view task, std::string_view answer);
std::int64_t key_sum(std::string_view key, std::string_view digest, std::string_view stream, std::string_view answer);

}  // namespace plenum::storage
