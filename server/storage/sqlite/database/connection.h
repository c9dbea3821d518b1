// The only file that includes sqlite3.h: a connection and its prepared statements. Statements are prepared from
// constant text only; values are always bound.
// Source: sqlite.org/c3ref; docs/event-log.md gives the reason for each pragma.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace plenum::storage {

// An error of SQLite. Thrown inside the storage module only, and caught at its public functions.
struct SqliteFault {
  int code = SQLITE_ERROR;  // extended
  std::string message;
  int system_errno = 0;
  std::string remedy{};  // empty: that of the error table
};

// The error for callers: store_full, stream_damaged for a corrupt file, or store_unavailable.
Error error_of(const SqliteFault& fault);

class SqliteConnection;

// Not thread-safe: the thread that uses its connection.
class Statement {
 public:
  Statement(SqliteConnection& db, const char* sql);

  // Values are bound in order, from the first `?` on. Texts and blobs must exist until the step.
  Statement& bind(std::int64_t value);
  Statement& bind(std::optional<std::int64_t> value);  // nullopt: NULL
  Statement& bind(std::string_view text);
  Statement& bind_blob(std::string_view bytes);
  // True if there is a row; throws SqliteFault.
  bool step();
  // Steps once and resets the statement.
  void run();
  void reset();

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  bool is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
  std::string_view bytes(int column) const;  // valid until the next step

 private:
  void check(int code) const;

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  SqliteConnection* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
};

// Resets the statement at the end of the scope, for the next use.
class StatementScope {
 public:
  explicit StatementScope(Statement& statement) : statement_(statement) {}
  ~StatementScope() { statement_.reset(); }
  Statement* operator->() { return &statement_; }

 private:
  Statement& statement_;
};

// Not thread-safe: one thread at a time.
class SqliteConnection {
 public:
  enum class Mode { write, read_only };
  // Throws SqliteFault.
  SqliteConnection(const std::string& path, Mode mode);

  void execute(const char* sql);
  std::int64_t integer(const char* sql);  // the first column of the first row; 0 without a row
  sqlite3* handle() const { return db_.get(); }
  std::int64_t last_row_id() const { return sqlite3_last_insert_rowid(db_.get()); }
  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  // The error of the last call on this connection, which returned `code`.
  SqliteFault fault_of(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace plenum::storage
