// The cached answers in the file, as prepared statements on the writer's connection. docs/event-log.md, "Layout".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/answer_cache.h"
#include "server/storage/sqlite/database/schema.h"

namespace plenum::storage {

// Writer thread only, inside a transaction. All calls throw SqliteFault.
class AnswerTable {
 public:
  explicit AnswerTable(SqliteConnection& db);

  // Replaces the entry of the key.
  void put(const core::StoredAnswer& answer);
  // No effect without an entry of this key.
  void share(const std::string& key, const StreamId& stream, WallTime now);
  void remove(std::string_view key);
  // The entry that belongs to the task.
  void remove_of(const StreamId& stream);
  void remove_row(std::int64_t id);

 private:
  std::optional<std::int64_t> id_of(std::string_view key);

  SqliteConnection& db_;
  Statement insert_, insert_owner_, find_, find_owned_, set_used_, delete_, delete_owners_;
};

// A row as read. `answer` is absent if the checksum does not match, or if another version wrote it in its own format.
struct AnswerRow {
  std::int64_t id = 0;
  std::optional<core::StoredAnswer> answer;  // without the streams except the one that produced it
};
// For `SELECT <these> FROM answers`.
#define PLENUM_ANSWER_COLUMNS "id, format, key, stream, put_at, used_at, bytes, conditions, task, model, vector, sum"
AnswerRow read_answer(const Statement& row);

}  // namespace plenum::storage
