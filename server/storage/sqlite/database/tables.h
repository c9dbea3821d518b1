// The writer's changes of the tables, as prepared statements on its connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/storage/sqlite/database/answer_table.h"
#include "server/storage/sqlite/database/schema.h"

namespace plenum::storage {

// Writer thread only, inside a transaction. All calls throw SqliteFault.
class SqliteTables {
 public:
  explicit SqliteTables(SqliteConnection& db);

  // Returns the task's ordinal.
  std::int64_t insert_task(const core::StoredTask& task);
  void insert_response(const core::KeyedResponse& response, WallTime now);
  void insert_segment(std::int64_t ordinal, const StreamId& id, const core::Frames& frames);
  void insert_journal(std::int64_t id, std::string_view data);
  // No effect if the task does not exist; likewise below.
  void end_task(const StreamId& id, const core::TaskEnding& ending, std::uint64_t last_seq);
  void request_cancel(const StreamId& id);
  void set_used(const StreamId& id, WallTime when);
  // With its log, its texts and the response for its key.
  void remove_task(const StreamId& id);
  void insert_tombstone(const StreamId& id, WallTime until);
  // Empty: no title.
  void set_title(const std::string& conversation, const std::string& title);
  // Replaces the task's row and deletes all its segments.
  void replace_task(const TaskRow& row);
  void remove_expired(WallTime now, seconds idempotency_ttl);
  // Deletes rows before `before`; `reached` records the newest row, which an empty journal does not show.
  void trim_journal(std::int64_t before, std::int64_t reached);
  std::optional<std::int64_t> journal_reached();
  bool has_journal(std::int64_t id);
  std::optional<TaskRow> find(const StreamId& id);
  AnswerTable& answers() { return answers_; }
  // Removes the words of deleted texts from the full-text index, in steps: true while there is more to do.
  bool compact_search(bool first);

 private:
  void update_task(const TaskRow& row);
  void set_answer(std::int64_t ordinal, std::string_view answer);
  void insert_comparison(std::int64_t ordinal, const core::Comparison& comparison, WallTime at);
  // After the removal of one of its tasks.
  void update_conversation(std::string_view id);
  struct Texts {
    std::string task, answer;
  };
  std::optional<Texts> texts(std::int64_t ordinal);

  SqliteConnection& db_;
  Statement insert_task_, insert_workflow_, insert_texts_, insert_search_, delete_search_, select_texts_, update_texts_,
      delete_texts_;
  Statement insert_key_, delete_key_of_, delete_old_keys_;
  Statement insert_segment_, delete_segments_, insert_journal_, delete_journal_, journal_max_, has_journal_;
  Statement select_task_, update_task_, set_used_, delete_task_;
  Statement insert_comparison_, delete_comparison_;
  Statement insert_conversation_, set_title_, set_newest_, delete_conversation_;
  Statement insert_tombstone_, delete_old_tombstones_, set_mark_, mark_;
  AnswerTable answers_;
};

}  // namespace plenum::storage
