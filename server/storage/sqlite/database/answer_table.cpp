#include "server/storage/sqlite/database/answer_table.h"

#include <bit>
#include <cstring>

namespace plenum::storage {

namespace {

// Changes when the columns are encoded differently: rows of another format are misses, and are deleted.
constexpr std::int64_t row_format = 1;

static_assert(std::endian::native == std::endian::little, "vectors are stored in little-endian order");

std::string_view bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::vector<float> floats_in(std::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

// Covers every column except used_at, which changes often and is not critical.
std::int64_t checksum_of(const core::StoredAnswer& answer, const core::TaskVector& task) {
  return RowChecksum()
      .add(row_format)
      .add(answer.key)
      .add(answer.streams.front().bytes())
      .add(ms_of(answer.put_at))
      .add(answer.bytes)
      .add(task.conditions)
      .add(task.text)
      .add(task.model)
      .add(bytes_of(task.values))
      .value();
}

}  // namespace

AnswerTable::AnswerTable(SqliteConnection& db)
    : db_(db),
      insert_(db,
              "INSERT INTO answers (format, key, stream, put_at, used_at, bytes, conditions, task, model, vector, sum) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_owner_(db, "INSERT OR REPLACE INTO answer_owners (stream, answer) VALUES (?, ?)"),
      find_(db, "SELECT id FROM answers WHERE key = ?"),
      find_owned_(db, "SELECT answer FROM answer_owners WHERE stream = ?"),
      set_used_(db, "UPDATE answers SET used_at = ? WHERE id = ?"),
      delete_(db, "DELETE FROM answers WHERE id = ?"),
      delete_owners_(db, "DELETE FROM answer_owners WHERE answer = ?") {}

void AnswerTable::put(const core::StoredAnswer& answer) {
  remove(answer.key);
  const core::TaskVector task = answer.task.value_or(core::TaskVector());
  insert_.bind(row_format)
      .bind(answer.key)
      .bind_blob(answer.streams.front().bytes())
      .bind(ms_of(answer.put_at))
      .bind(ms_of(answer.used_at))
      .bind_blob(answer.bytes)
      .bind(task.conditions)
      .bind(task.text)
      .bind(task.model)
      .bind_blob(bytes_of(task.values))
      .bind(checksum_of(answer, task))
      .run();
  const std::int64_t id = db_.last_row_id();
  for (const StreamId& stream : answer.streams) insert_owner_.bind_blob(stream.bytes()).bind(id).run();
}

void AnswerTable::share(const std::string& key, const StreamId& stream, WallTime now) {
  const auto id = id_of(key);
  if (!id) return;
  insert_owner_.bind_blob(stream.bytes()).bind(*id).run();
  set_used_.bind(ms_of(now)).bind(*id).run();
}

void AnswerTable::remove(std::string_view key) {
  if (const auto id = id_of(key)) remove_row(*id);
}

void AnswerTable::remove_of(const StreamId& stream) {
  std::optional<std::int64_t> id;
  {
    StatementScope row(find_owned_);
    row->bind_blob(stream.bytes());
    if (row->step()) id = row->integer(0);
  }
  if (id) remove_row(*id);
}

void AnswerTable::remove_row(std::int64_t id) {
  delete_owners_.bind(id).run();
  delete_.bind(id).run();
}

std::optional<std::int64_t> AnswerTable::id_of(std::string_view key) {
  StatementScope row(find_);
  row->bind(key);
  if (!row->step()) return std::nullopt;
  return row->integer(0);
}

AnswerRow read_answer(const Statement& row) {
  AnswerRow read;
  read.id = row.integer(0);
  const auto stream = StreamId::from_bytes(row.bytes(3));
  if (row.integer(1) != row_format || !stream || row.bytes(10).size() % sizeof(float) != 0) return read;
  core::StoredAnswer answer;
  answer.key = row.bytes(2);
  answer.streams = {*stream};
  answer.put_at = time_of(row.integer(4));
  answer.used_at = time_of(row.integer(5));
  answer.bytes = row.bytes(6);
  core::TaskVector task{std::string(row.bytes(7)), std::string(row.bytes(8)), std::string(row.bytes(9)),
                        floats_in(row.bytes(10))};
  if (row.integer(11) != checksum_of(answer, task)) return read;
  if (!task.values.empty()) answer.task = std::move(task);
  read.answer = std::move(answer);
  return read;
}

}  // namespace plenum::storage
