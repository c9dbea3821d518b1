// The one door to SQLite: a connection and prepared statements that close themselves. Statements are
// prepared from constant text only; values are always bound.
// Source: sqlite.org/c3ref; docs/event-log.md says why each pragma is set.
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

// What SQLite said. Thrown only inside the storage room and caught at its edge.
struct SqliteFault {
  int code = SQLITE_ERROR;  // extended
  std::string message;
  int system_errno = 0;
};

// The error for callers: store_full, stream_damaged for a file that is not what it should be, or store_unavailable.
Error error_of(const SqliteFault& fault);

class Sqlite;

// One thread at a time, the one that uses its connection.
class Statement {
 public:
  Statement(Sqlite& db, const char* sql);

  // Values are bound in order, from the first `?` on. Texts and blobs must stay until the row was stepped.
  Statement& bind(std::int64_t value);
  Statement& bind(std::optional<std::int64_t> value);  // nothing: NULL
  Statement& bind(std::string_view text);
  Statement& bind_blob(std::string_view bytes);
  // True while there is a row; throws SqliteFault.
  bool step();
  // Steps once and makes it ready for the next use.
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
  Sqlite* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
};

// A statement that is in use until this goes out of scope, and then ready for the next.
class Use {
 public:
  explicit Use(Statement& statement) : statement_(statement) {}
  ~Use() { statement_.reset(); }
  Statement* operator->() { return &statement_; }

 private:
  Statement& statement_;
};

// One thread at a time.
class Sqlite {
 public:
  enum class Mode { write, read_only };
  // Throws SqliteFault.
  Sqlite(const std::string& path, Mode mode);

  void execute(const char* sql);
  std::int64_t integer(const char* sql);  // of the first row's first column; 0 without a row
  sqlite3* handle() const { return db_.get(); }
  std::int64_t last_row_id() const { return sqlite3_last_insert_rowid(db_.get()); }
  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  // What a call of the library that ended with this code said.
  SqliteFault fault_of(int code) const;

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace plenum::storage
