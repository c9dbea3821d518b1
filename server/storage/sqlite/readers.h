// Read-only connections that are lent to whoever has to read. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/runtime/guarded.h"
#include "server/storage/sqlite/schema.h"

namespace plenum::storage {

// One reading connection with its statements. One thread at a time.
class SqliteReader {
 public:
  explicit SqliteReader(const std::string& path) : db_(path, Sqlite::Mode::read_only) {}

  // All throw SqliteFault.
  std::optional<TaskRow> task(const StreamId& id);
  std::vector<TaskRow> page(std::size_t limit, std::int64_t before);
  std::vector<TaskRow> found(const std::string& match, std::size_t limit, std::int64_t before);
  std::vector<TaskRow> unfinished();
  std::vector<StreamId> expired(WallTime now, std::size_t limit);
  // What the file holds without the journal.
  std::int64_t bytes_of_tasks();
  // Tasks that ended, from the oldest on, until their logs come to that many bytes.
  std::vector<StreamId> oldest(std::int64_t bytes, std::size_t limit);
  // The task's text; nothing when it is not what was written.
  std::optional<Turn> texts(std::int64_t ordinal);
  // The workflow of a task; null when it has none, or when what is there is not what was written.
  core::SharedText workflow(const TaskRow& row);
  std::vector<std::int64_t> turns_of(const std::string& conversation, std::size_t limit);
  // Every segment, in order; whole is false when one is not what was written or one is missing between two.
  std::vector<core::Frames> segments(const TaskRow& row, bool& whole);
  bool is_gone(const StreamId& id, WallTime now);
  struct KeyRow {
    core::KeyedResponse answer;
    WallTime created_at{};
    bool right = true;
  };
  std::optional<KeyRow> answered(const std::string& key);
  Sqlite& db() { return db_; }

 private:
  std::vector<TaskRow> tasks(Statement& rows);
  Statement& prepared(std::unique_ptr<Statement>& kept, const char* sql);

  Sqlite db_;
  std::unique_ptr<Statement> task_, page_, found_, unfinished_, expired_, texts_, turns_, segments_, gone_, answered_,
      workflow_, oldest_;
  std::unordered_map<std::int64_t, core::SharedText> workflows_;  // that were read
};

class SqliteReaders {
 public:
  explicit SqliteReaders(std::string path) : path_(std::move(path)) {}

  // Calls read with a connection in one read transaction, so that all it sees is of one moment.
  template <class F>
  auto with(F&& read) -> decltype(read(std::declval<SqliteReader&>())) {
    std::unique_ptr<SqliteReader> reader = take();
    reader->db().execute("BEGIN");
    auto result = read(*reader);
    reader->db().execute("COMMIT");
    give_back(std::move(reader));  // one that failed is not kept
    return result;
  }
  // Closes those that nobody uses.
  void close();

 private:
  std::unique_ptr<SqliteReader> take();
  void give_back(std::unique_ptr<SqliteReader> reader);

  const std::string path_;                                             // set once
  runtime::Guarded<std::vector<std::unique_ptr<SqliteReader>>> idle_;  // guarded
};

}  // namespace plenum::storage
