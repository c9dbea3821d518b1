#include "server/storage/sqlite/database/tables.h"

#include <algorithm>

#include "server/storage/sqlite/database/journal_record.h"

namespace plenum::storage {

namespace {

// The columns that change while a task runs, from cancel_requested to finished_at.
Statement& bind_progress(Statement& statement, const core::StoredTask& task) {
  return statement.bind(task.cancel_requested ? 1 : 0)
      .bind(static_cast<std::int64_t>(task.status))
      .bind(static_cast<std::int64_t>(task.last_seq))
      .bind(task.total_chunks)
      .bind(task.chunks_completed)
      .bind(task.finished_at ? std::optional(ms_of(*task.finished_at)) : std::nullopt);
}

}  // namespace

SqliteTables::SqliteTables(SqliteConnection& db)
    : db_(db),
      insert_task_(
          db,
          "INSERT INTO streams (id, epoch, info, conversation, created_at, retention_s, used_at, cancel_requested, "
          "status, last_seq, total_chunks, chunks_completed, finished_at, sum, workflow) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_workflow_(db, "INSERT OR IGNORE INTO workflows (key, source) VALUES (?, ?)"),
      insert_texts_(db, "INSERT INTO texts (ordinal, task, answer, sum) VALUES (?, ?, ?, ?)"),
      insert_search_(db, "INSERT INTO search (rowid, task, answer) VALUES (?, ?, ?)"),
      delete_search_(db, "INSERT INTO search (search, rowid, task, answer) VALUES ('delete', ?, ?, ?)"),
      select_texts_(db, "SELECT task, answer, sum FROM texts WHERE ordinal = ?"),
      update_texts_(db, "UPDATE texts SET answer = ?, sum = ? WHERE ordinal = ?"),
      delete_texts_(db, "DELETE FROM texts WHERE ordinal = ?"),
      insert_key_(db,
                  "INSERT OR REPLACE INTO keys (key, body_sha256, stream, answer, created_at, sum) "
                  "VALUES (?, ?, ?, ?, ?, ?)"),
      delete_key_of_(db, "DELETE FROM keys WHERE stream = ?"),
      delete_old_keys_(db, "DELETE FROM keys WHERE created_at < ?"),
      insert_segment_(db, "INSERT INTO segments (stream, first_seq, lengths, bytes, sum) VALUES (?, ?, ?, ?, ?)"),
      delete_segments_(db, "DELETE FROM segments WHERE stream = ?"),
      insert_journal_(db, "INSERT INTO journal (id, data, sum) VALUES (?, ?, ?)"),
      delete_journal_(db, "DELETE FROM journal WHERE id < ?"),
      journal_max_(db, "SELECT max(id) FROM journal"),
      has_journal_(db, "SELECT 1 FROM journal WHERE id = ?"),
      select_task_(db, "SELECT " PLENUM_TASK_COLUMNS " FROM streams WHERE id = ?"),
      update_task_(db,
                   "UPDATE streams SET epoch = ?, used_at = ?, cancel_requested = ?, status = ?, last_seq = ?, "
                   "total_chunks = ?, "
                   "chunks_completed = ?, finished_at = ?, sum = ? WHERE ordinal = ?"),
      set_used_(db, "UPDATE streams SET used_at = ? WHERE id = ? AND used_at < ?"),
      delete_task_(db, "DELETE FROM streams WHERE ordinal = ?"),
      insert_comparison_(db,
                         "INSERT OR REPLACE INTO comparisons (ordinal, workflow, tag, finished_at, data, sum) "
                         "VALUES (?, ?, ?, ?, ?, ?)"),
      delete_comparison_(db, "DELETE FROM comparisons WHERE ordinal = ?"),
      insert_conversation_(db,
                           "INSERT INTO conversations (id, newest) VALUES (?, ?) "
                           "ON CONFLICT (id) DO UPDATE SET newest = excluded.newest"),
      set_title_(db, "UPDATE conversations SET title = ?, sum = ? WHERE id = ?"),
      set_newest_(db,
                  "UPDATE conversations SET newest = (SELECT max(ordinal) FROM streams "
                  "WHERE conversation = conversations.id AND conversation <> '') WHERE id = ?"),
      delete_conversation_(db,
                           "DELETE FROM conversations WHERE id = ? AND NOT EXISTS (SELECT 1 FROM streams "
                           "WHERE conversation = conversations.id AND conversation <> '')"),
      insert_tombstone_(db, "INSERT OR REPLACE INTO tombstones (id, until) VALUES (?, ?)"),
      delete_old_tombstones_(db, "DELETE FROM tombstones WHERE until < ?"),
      set_mark_(db, "INSERT OR REPLACE INTO meta (name, value) VALUES ('journal_reached', ?)"),
      mark_(db, "SELECT value FROM meta WHERE name = 'journal_reached'"),
      answers_(db) {}

std::int64_t SqliteTables::insert_task(const core::StoredTask& task) {
  std::optional<std::int64_t> workflow;
  if (task.workflow) {
    workflow = workflow_key(*task.workflow);
    insert_workflow_.bind(*workflow).bind(*task.workflow).run();
  }
  insert_task_.bind_blob(task.id.bytes())
      .bind(task.epoch)
      .bind(task.info_json)
      .bind(task.conversation_id)
      .bind(ms_of(task.created_at))
      .bind(task.retention.count())
      .bind(ms_of(task.used_at));
  bind_progress(insert_task_, task).bind(checksum_of(task, workflow)).bind(workflow).run();
  const std::int64_t ordinal = db_.last_row_id();
  insert_texts_.bind(ordinal).bind(task.task).bind("").bind(texts_checksum(ordinal, task.task, "")).run();
  insert_search_.bind(ordinal).bind(task.task).bind("").run();
  if (!task.conversation_id.empty()) insert_conversation_.bind(task.conversation_id).bind(ordinal).run();
  return ordinal;
}

void SqliteTables::set_title(const std::string& conversation, const std::string& title) {
  set_title_.bind(title).bind(title_checksum(conversation, title)).bind(conversation).run();
}

void SqliteTables::update_conversation(std::string_view id) {
  delete_conversation_.bind(id).run();
  set_newest_.bind(id).run();
}

void SqliteTables::insert_response(const core::KeyedResponse& response, WallTime now) {
  insert_key_.bind(response.key)
      .bind(response.body_sha256)
      .bind_blob(response.stream.bytes())
      .bind(response.response)
      .bind(ms_of(now))
      .bind(key_checksum(response.key, response.body_sha256, response.stream.bytes(), response.response))
      .run();
}

void SqliteTables::insert_segment(std::int64_t ordinal, const StreamId& id, const core::Frames& frames) {
  const std::string lengths = lengths_of(frames);
  const auto first = static_cast<std::int64_t>(frames.first_seq);
  insert_segment_.bind(ordinal)
      .bind(first)
      .bind_blob(lengths)
      .bind_blob(frames.bytes)
      .bind(segment_checksum(id.bytes(), first, lengths, frames.bytes))
      .run();
}

void SqliteTables::insert_journal(std::int64_t id, std::string_view data) {
  insert_journal_.bind(id).bind_blob(data).bind(journal_checksum(id, data)).run();
}

std::optional<TaskRow> SqliteTables::find(const StreamId& id) {
  StatementScope row(select_task_);
  row->bind_blob(id.bytes());
  if (!row->step()) return std::nullopt;
  return read_task(select_task_);
}

void SqliteTables::update_task(const TaskRow& row) {
  const core::StoredTask& task = row.task;
  // An update must not make the checksum of a damaged row valid.
  const std::int64_t checksum = row.intact ? checksum_of(task, row.workflow) : ~checksum_of(task, row.workflow);
  update_task_.bind(task.epoch).bind(ms_of(task.used_at));
  bind_progress(update_task_, task).bind(checksum).bind(row.ordinal).run();
}

void SqliteTables::end_task(const StreamId& id, const core::TaskEnding& ending, std::uint64_t last_seq) {
  auto row = find(id);
  if (!row) return;
  row->task.status = ending.status;
  row->task.last_seq = last_seq;
  row->task.total_chunks = ending.total_chunks;
  row->task.chunks_completed = ending.chunks_completed;
  row->task.finished_at = ending.at;
  row->task.used_at = std::max(row->task.used_at, ending.at);
  update_task(*row);
  if (!ending.answer.empty()) set_answer(row->ordinal, ending.answer);
  if (ending.comparison) insert_comparison(row->ordinal, *ending.comparison, ending.at);
}

void SqliteTables::insert_comparison(std::int64_t ordinal, const core::Comparison& comparison, WallTime at) {
  insert_comparison_.bind(ordinal)
      .bind(comparison.workflow)
      .bind(comparison.tag)
      .bind(ms_of(at))
      .bind(comparison.json)
      .bind(comparison_checksum(ordinal, comparison))
      .run();
}

std::optional<SqliteTables::Texts> SqliteTables::texts(std::int64_t ordinal) {
  StatementScope row(select_texts_);
  row->bind(ordinal);
  if (!row->step()) return std::nullopt;
  return Texts{std::string(row->bytes(0)), std::string(row->bytes(1))};
}

void SqliteTables::set_answer(std::int64_t ordinal, std::string_view answer) {
  const auto before = texts(ordinal);
  if (!before) return;
  delete_search_.bind(ordinal).bind(before->task).bind(before->answer).run();
  insert_search_.bind(ordinal).bind(before->task).bind(answer).run();
  update_texts_.bind(answer).bind(texts_checksum(ordinal, before->task, answer)).bind(ordinal).run();
}

void SqliteTables::request_cancel(const StreamId& id) {
  auto row = find(id);
  if (!row || row->task.finished_at) return;
  row->task.cancel_requested = true;
  update_task(*row);
}

void SqliteTables::set_used(const StreamId& id, WallTime when) {
  set_used_.bind(ms_of(when)).bind_blob(id.bytes()).bind(ms_of(when)).run();
}

void SqliteTables::remove_task(const StreamId& id) {
  const auto row = find(id);
  if (!row) return;
  if (const auto indexed = texts(row->ordinal)) {
    delete_search_.bind(row->ordinal).bind(indexed->task).bind(indexed->answer).run();
  }
  delete_texts_.bind(row->ordinal).run();
  delete_segments_.bind(row->ordinal).run();
  delete_key_of_.bind_blob(id.bytes()).run();
  delete_comparison_.bind(row->ordinal).run();
  delete_task_.bind(row->ordinal).run();
  if (!row->task.conversation_id.empty()) update_conversation(row->task.conversation_id);
}

void SqliteTables::replace_task(const TaskRow& row) {
  update_task(row);
  delete_segments_.bind(row.ordinal).run();
}

void SqliteTables::insert_tombstone(const StreamId& id, WallTime until) {
  insert_tombstone_.bind_blob(id.bytes()).bind(ms_of(until)).run();
}

void SqliteTables::remove_expired(WallTime now, seconds idempotency_ttl) {
  delete_old_keys_.bind(ms_of(now - idempotency_ttl)).run();
  delete_old_tombstones_.bind(ms_of(now)).run();
}

void SqliteTables::trim_journal(std::int64_t before, std::int64_t reached) {
  delete_journal_.bind(before).run();
  set_mark_.bind(reached).run();
}

std::optional<std::int64_t> SqliteTables::journal_reached() {
  std::optional<std::int64_t> reached;
  {
    StatementScope row(journal_max_);
    if (row->step() && !row->is_null(0)) reached = row->integer(0);
  }
  StatementScope mark(mark_);
  if (mark->step()) reached = std::max(reached.value_or(0), mark->integer(0));
  return reached;
}

bool SqliteTables::has_journal(std::int64_t id) {
  StatementScope row(has_journal_);
  row->bind(id);
  return row->step();
}

// Source: sqlite.org/fts5.html, "The 'merge' Command": a negative number starts an incremental 'optimize'; it is
// complete when a step changes fewer than two rows.
bool SqliteTables::compact_search(bool first) {
  const int before = sqlite3_total_changes(db_.handle());
  db_.execute(first ? "INSERT INTO search (search, rank) VALUES ('merge', -200)"
                    : "INSERT INTO search (search, rank) VALUES ('merge', 200)");
  return sqlite3_total_changes(db_.handle()) - before >= 2;
}

}  // namespace plenum::storage
