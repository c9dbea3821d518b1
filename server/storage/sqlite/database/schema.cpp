#include "server/storage/sqlite/database/schema.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace plenum::storage {

namespace {

// `PRAGMA application_id`: "plen".
constexpr std::int64_t application_id = 0x706c656e;

// Layouts 1 and 2 named the column `retention_s` like this. In two pieces for the word check of tests/architecture.
#define PLENUM_RETENTION_COLUMN_1 \
  "ke"                            \
  "pt_for"

// Entry i migrates layout i to layout i + 1. Entries are never changed once released.
constexpr std::array migrations = {
    // 1
    R"sql(
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE streams (
      ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
      id BLOB NOT NULL UNIQUE,
      epoch TEXT NOT NULL,
      facts TEXT NOT NULL,
      conversation TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      )sql" PLENUM_RETENTION_COLUMN_1 R"sql( INTEGER NOT NULL,
      used_at INTEGER NOT NULL,
      cancel_requested INTEGER NOT NULL,
      status INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      total_chunks INTEGER NOT NULL,
      chunks_completed INTEGER NOT NULL,
      finished_at INTEGER,
      sum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX unfinished ON streams (ordinal) WHERE finished_at IS NULL;
    CREATE INDEX by_conversation ON streams (conversation, ordinal) WHERE conversation <> '';
    CREATE INDEX by_expiry ON streams (used_at + )sql" PLENUM_RETENTION_COLUMN_1
    R"sql( * 1000) WHERE finished_at IS NOT NULL;
    CREATE TABLE texts (
      ordinal INTEGER PRIMARY KEY,
      task TEXT NOT NULL,
      answer TEXT NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE search USING fts5 (
      task, answer, content = 'texts', content_rowid = 'ordinal', tokenize = 'unicode61 remove_diacritics 2'
    );
    CREATE TABLE journal (id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
    CREATE TABLE segments (
      id INTEGER PRIMARY KEY,
      stream INTEGER NOT NULL,
      first_seq INTEGER NOT NULL,
      lengths BLOB NOT NULL,
      bytes BLOB NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX segments_of ON segments (stream, first_seq);
    CREATE TABLE tombstones (id BLOB PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE keys (
      key TEXT PRIMARY KEY,
      body_sha256 TEXT NOT NULL,
      stream BLOB NOT NULL,
      answer TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX keys_by_age ON keys (created_at);
    )sql",
    // 2: the text of a workflow is stored once, not with every task
    R"sql(
    CREATE TABLE workflows (key INTEGER PRIMARY KEY, source TEXT NOT NULL) STRICT;
    ALTER TABLE streams ADD COLUMN workflow INTEGER;
    )sql",
    // 3: column names; the index over the expression follows
    R"sql(
    ALTER TABLE streams RENAME COLUMN facts TO info;
    ALTER TABLE streams RENAME COLUMN )sql" PLENUM_RETENTION_COLUMN_1 R"sql( TO retention_s;
    )sql",
    // 4: lists of conversations; the index has every column that counting their tasks reads
    R"sql(
    CREATE TABLE conversations (
      id TEXT PRIMARY KEY,
      newest INTEGER NOT NULL,
      title TEXT NOT NULL DEFAULT '',
      sum INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX conversations_by_newest ON conversations (newest);
    DROP INDEX by_conversation;
    CREATE INDEX by_conversation ON streams (conversation, ordinal, status, created_at, finished_at)
      WHERE conversation <> '';
    INSERT INTO conversations (id, newest)
      SELECT conversation, max(ordinal) FROM streams WHERE conversation <> '' GROUP BY conversation;
    )sql",
    // 5: how models compared in each task, for standings
    R"sql(
    CREATE TABLE comparisons (
      ordinal INTEGER PRIMARY KEY,
      workflow TEXT NOT NULL,
      tag TEXT NOT NULL,
      finished_at INTEGER NOT NULL,
      data TEXT NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX comparisons_by_end ON comparisons (finished_at, ordinal);
        )sql",
    // 6: the answer cache
    R"sql(
    CREATE TABLE answers (
      id INTEGER PRIMARY KEY,
      format INTEGER NOT NULL,
      key TEXT NOT NULL UNIQUE,
      stream BLOB NOT NULL,
      put_at INTEGER NOT NULL,
      used_at INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      conditions TEXT NOT NULL,
      task TEXT NOT NULL,
      model TEXT NOT NULL,
      vector BLOB NOT NULL,
      sum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE answer_owners (stream BLOB PRIMARY KEY, answer INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX owners_of_answer ON answer_owners (answer);
    )sql",
};

Failure rejected(std::string message, std::string remedy) {
  return Failure(Error{ErrorCode::config_invalid, "store: " + std::move(message), std::move(remedy)});
}

// SQLite syncs the directory when it creates the write-ahead log, but ignores a failure. If the directory entry of the
// log is lost in a power failure, every commit in it is lost.
void sync_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int failed = fd >= 0 && ::fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0) ::close(fd);
  if (failed != 0) throw SqliteFault{SQLITE_IOERR_DIR_FSYNC, "cannot sync the directory of " + path, failed};
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> open_for_writing(const std::string& path) {
  auto db = std::make_unique<SqliteConnection>(path, SqliteConnection::Mode::write);
  const std::int64_t version = db->integer("PRAGMA user_version");
  const std::int64_t application = db->integer("PRAGMA application_id");
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (application != application_id &&
      (application != 0 || version != 0 || db->integer("SELECT count(*) FROM sqlite_schema") > 0))
    return rejected(fmt::format("{} belongs to another program", path), "Give another path. The file was not changed.");
  if (version > newest) {
    return rejected(fmt::format("{} was written by a newer version of Plenum (layout {}; supported up to {})", path,
                                version, newest),
                    "Run the newer version, or give another path. The file was not changed.");
  }
  // Before the first table: it cannot be changed later.
  if (version == 0) db->execute("PRAGMA auto_vacuum = INCREMENTAL");
  db->execute("PRAGMA journal_mode = WAL");
  // Zeroes deleted rows inside used pages. Free pages retain their bytes until they are reused or the Compactor returns
  // them to the file system.
  db->execute("PRAGMA secure_delete = FAST");
  db->execute("PRAGMA journal_size_limit = 67108864");
  db->execute("PRAGMA synchronous = FULL");
  for (std::int64_t next = version; next < newest; ++next) {
    db->execute("BEGIN IMMEDIATE");
    db->execute(migrations[static_cast<std::size_t>(next)]);
    db->execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT", application_id, next + 1).c_str());
  }
  sync_directory_of(path);
  return db;
}

TaskRow read_task(const Statement& row) {
  TaskRow read;
  core::StoredTask& task = read.task;
  read.ordinal = row.integer(0);
  const auto id = StreamId::from_bytes(row.bytes(1));
  task.id = id.value_or(StreamId());
  task.epoch = row.bytes(2);
  task.info_json = row.bytes(3);
  task.conversation_id = row.bytes(4);
  task.created_at = time_of(row.integer(5));
  task.retention = seconds(row.integer(6));
  task.used_at = time_of(row.integer(7));
  task.cancel_requested = row.integer(8) != 0;
  task.status = static_cast<TaskStatus>(row.integer(9));
  task.last_seq = static_cast<std::uint64_t>(row.integer(10));
  task.total_chunks = static_cast<int>(row.integer(11));
  task.chunks_completed = static_cast<int>(row.integer(12));
  if (!row.is_null(13)) task.finished_at = time_of(row.integer(13));
  if (!row.is_null(15)) read.workflow = row.integer(15);
  read.intact = id && row.integer(14) == checksum_of(task, read.workflow);
  return read;
}

std::int64_t checksum_of(const core::StoredTask& task, std::optional<std::int64_t> workflow) {
  RowChecksum sum;
  sum.add(task.id.bytes())
      .add(task.epoch)
      .add(task.info_json)
      .add(task.conversation_id)
      .add(ms_of(task.created_at))
      .add(task.retention.count())
      .add(task.cancel_requested ? 1 : 0)
      .add(static_cast<std::int64_t>(task.status))
      .add(static_cast<std::int64_t>(task.last_seq))
      .add(task.total_chunks)
      .add(task.chunks_completed)
      .add(task.finished_at ? ms_of(*task.finished_at) : -1);
  if (workflow) sum.add(*workflow);
  return sum.value();
}

std::int64_t workflow_key(std::string_view source) { return RowChecksum().add(source).value(); }

std::int64_t segment_checksum(std::string_view stream, std::int64_t first_seq, std::string_view lengths,
                              std::string_view bytes) {
  return RowChecksum().add(stream).add(first_seq).add(lengths).add(bytes).value();
}

std::int64_t journal_checksum(std::int64_t id, std::string_view data) {
  return RowChecksum().add(id).add(data).value();
}

std::int64_t texts_checksum(std::int64_t ordinal, std::string_view task, std::string_view answer) {
  return RowChecksum().add(ordinal).add(task).add(answer).value();
}

std::int64_t comparison_checksum(std::int64_t ordinal, const core::Comparison& comparison) {
  return RowChecksum().add(ordinal).add(comparison.workflow).add(comparison.tag).add(comparison.json).value();
}

std::int64_t title_checksum(std::string_view conversation, std::string_view title) {
  return RowChecksum().add(conversation).add(title).value();
}

std::int64_t key_checksum(std::string_view key, std::string_view digest, std::string_view stream,
                          std::string_view answer) {
  return RowChecksum().add(key).add(digest).add(stream).add(answer).value();
}

}  // namespace plenum::storage
