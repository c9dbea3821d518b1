// Queries over the tables, on a read-only connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/storage/sqlite/database/answer_table.h"
#include "server/storage/sqlite/database/schema.h"

namespace plenum::storage {

// Not thread-safe: one thread at a time. All calls throw SqliteFault.
class SqliteReader {
 public:
  explicit SqliteReader(const std::string& path) : db_(path, SqliteConnection::Mode::read_only) {}

  std::optional<TaskRow> task(const StreamId& id);
  // The row of an unfinished task has no valid status: a query for one must be answered from memory.
  std::vector<TaskRow> page(const core::TaskQuery& query, std::int64_t before);
  std::vector<TaskRow> matching(const std::string& match, const core::TaskQuery& query, std::int64_t before);
  std::vector<TaskRow> unfinished();
  std::vector<StreamId> expired(WallTime now, std::size_t limit);
  // Size of the file without the journal, the cached answers and free pages.
  std::int64_t bytes_of_tasks();
  // Finished tasks, oldest first, until the sum of their logs reaches `bytes`.
  std::vector<StreamId> oldest(std::int64_t bytes, std::size_t limit);
  // Task and answer; nullopt if the checksum does not match.
  std::optional<Turn> texts(std::int64_t ordinal);
  // The workflow of a task; null if it has none, or if the checksum does not match.
  core::SharedText workflow(const TaskRow& row);
  std::vector<std::int64_t> turns_of(const std::string& conversation, std::size_t limit);
  // match: a full-text query, words: the same words; both empty: every conversation.
  std::vector<core::StoredConversation> conversations(const std::string& match, std::string_view words,
                                                      std::size_t limit, std::int64_t before);
  std::optional<core::StoredConversation> conversation(const std::string& id);
  std::vector<core::ConversationTask> conversation_tasks(const core::ConversationTaskQuery& query, std::int64_t after);
  // In the order in which the tasks ended.
  std::vector<std::string> comparisons(const core::ComparisonQuery& query);
  // The segments in order, up to the first one that is missing or damaged; `complete` is then set to false.
  std::vector<core::Frames> segments(const TaskRow& row, bool& complete);
  // Calls `load` for each usable cached answer, the most recently used one first. Returns the rows that are unusable,
  // or for which it returned false.
  std::vector<std::int64_t> each_answer(const std::function<bool(core::StoredAnswer)>& load);
  bool has_tombstone(const StreamId& id, WallTime now);
  struct KeyRow {
    core::KeyedResponse response;
    WallTime created_at{};
    bool intact = true;
  };
  std::optional<KeyRow> response_for(const std::string& key);
  SqliteConnection& db() { return db_; }

 private:
  std::vector<TaskRow> tasks(Statement& rows, const core::TaskQuery& query);
  core::StoredConversation conversation_from(const Statement& row);
  Statement& prepared(std::unique_ptr<Statement>& statement, const char* sql);

  SqliteConnection db_;
  std::unique_ptr<Statement> task_, page_, matching_, unfinished_, expired_, texts_, turns_, segments_, tombstone_,
      response_, workflow_, oldest_, conversations_, matching_conversations_, conversation_, conversation_counts_,
      conversation_tasks_, id_of_, comparisons_;
  std::unordered_map<std::int64_t, core::SharedText> workflows_;  // cache of those read
};

}  // namespace plenum::storage
