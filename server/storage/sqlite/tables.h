// What the writer does to the tables: prepared statements over its one connection. Only the writer's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/storage/sqlite/schema.h"

namespace plenum::storage {

// All calls belong into a transaction and throw SqliteFault.
class SqliteTables {
 public:
  explicit SqliteTables(Sqlite& db);

  // Returns the task's ordinal.
  std::int64_t insert_task(const core::StoredTask& task);
  void insert_response(const core::KeyedResponse& response, WallTime now);
  void insert_segment(std::int64_t ordinal, const StreamId& id, const core::Frames& frames);
  void insert_journal(std::int64_t id, std::string_view data);
  // Nothing when there is no such task; likewise below.
  void end_task(const StreamId& id, const core::TaskEnding& ending, std::uint64_t last_seq);
  void request_cancel(const StreamId& id);
  void set_used(const StreamId& id, WallTime when);
  // With its log, its texts and the answer to its key.
  void remove_task(const StreamId& id);
  void insert_tombstone(const StreamId& id, WallTime until);
  // In place of the task's row and of all its frames.
  void replace_task(const TaskRow& row);
  void forget_old(WallTime now, seconds keys_kept);
  // Rows before this one; the mark says how far the journal was, even when it is empty.
  void trim_journal(std::int64_t before, std::int64_t reached);
  std::optional<std::int64_t> journal_reached();
  bool has_journal(std::int64_t id);
  std::optional<TaskRow> find(const StreamId& id);
  // Words of removed texts leave the index for good, step by step: true as long as there is more to do.
  bool compact_search(bool first);

 private:
  void update_task(const TaskRow& row);
  void set_answer(std::int64_t ordinal, std::string_view answer);
  struct Texts {
    std::string task, answer;
  };
  std::optional<Texts> texts(std::int64_t ordinal);

  Sqlite& db_;
  Statement insert_task_, insert_workflow_, insert_texts_, insert_search_, delete_search_, select_texts_, update_texts_,
      delete_texts_;
  Statement insert_key_, delete_key_of_, delete_old_keys_;
  Statement insert_segment_, delete_segments_, insert_journal_, delete_journal_, journal_max_, has_journal_;
  Statement select_task_, update_task_, set_used_, delete_task_;
  Statement insert_tombstone_, delete_old_tombstones_, set_mark_, mark_;
};

}  // namespace plenum::storage
