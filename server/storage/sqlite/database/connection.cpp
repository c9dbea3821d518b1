#include "server/storage/sqlite/database/connection.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace plenum::storage {

namespace {

constexpr int busy_timeout_ms = 5000;

std::string describe(const SqliteFault& fault) {
  std::string text = fault.message;
  if (fault.system_errno != 0) text += fmt::format(" ({})", std::strerror(fault.system_errno));
  return text;
}

}  // namespace

Error error_of(const SqliteFault& fault) {
  const int kind = fault.code & 0xff;
  const bool no_space = kind == SQLITE_FULL || fault.system_errno == ENOSPC || fault.system_errno == EDQUOT ||
                        fault.system_errno == EFBIG;
  if (no_space) return Error{ErrorCode::store_full, "no space for the event log: " + describe(fault)};
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) {
    return Error{ErrorCode::stream_damaged, "the event log file is damaged: " + describe(fault)};
  }
  return Error{ErrorCode::store_unavailable, "the event log is unavailable: " + describe(fault), fault.remedy};
}

Statement::Statement(SqliteConnection& db, const char* sql) : db_(&db) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(db.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  statement_.reset(prepared);
  check(code);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw db_->fault_of(code);
}

Statement& Statement::bind(std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), next_++, value));
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), next_++, text.data() == nullptr ? "" : text.data(), text.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_.get(), next_++, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                            SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind(std::optional<std::int64_t> value) {
  if (value) return bind(*value);
  check(sqlite3_bind_null(statement_.get(), next_++));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) throw db_->fault_of(code);
  return false;
}

void Statement::run() {
  const StatementScope scope(*this);
  step();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  next_ = 1;
}

std::string_view Statement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

SqliteConnection::SqliteConnection(const std::string& path, Mode mode) {
  const int flags = (mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  db_.reset(opened);
  if (code != SQLITE_OK) throw fault_of(code);
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // The schema has neither: those of a manipulated file must not run.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  // Closing a connection must not checkpoint: only the writer does, explicitly.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  execute("PRAGMA cell_size_check = ON");
  execute("PRAGMA mmap_size = 0");
  if (mode == Mode::write) execute("PRAGMA wal_autocheckpoint = 0");
}

void SqliteConnection::execute(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw fault_of(code);
}

std::int64_t SqliteConnection::integer(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

SqliteFault SqliteConnection::fault_of(int code) const {
  SqliteFault fault;
  fault.code = code;
  fault.message = db_ ? sqlite3_errmsg(db_.get()) : sqlite3_errstr(code);
  fault.system_errno = db_ ? sqlite3_system_errno(db_.get()) : 0;
  // The errno is valid only if a system call failed; otherwise it is of an earlier call.
  const int kind = code & 0xff;
  if (kind != SQLITE_IOERR && kind != SQLITE_CANTOPEN && kind != SQLITE_FULL) fault.system_errno = 0;
  return fault;
}

}  // namespace plenum::storage
