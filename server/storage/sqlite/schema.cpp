#include "server/storage/sqlite/schema.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace plenum::storage {

namespace {

// `PRAGMA application_id`: "plen".
constexpr std::int64_t application_id = 0x706c656e;

// Each brings the file from the version before to the next. Never changed once released: a new version is a
// new entry.
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
      kept_for INTEGER NOT NULL,
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
    CREATE INDEX by_expiry ON streams (used_at + kept_for * 1000) WHERE finished_at IS NOT NULL;
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
    // 2: a workflow's text is not in the row of every task
    R"sql(
    CREATE TABLE workflows (key INTEGER PRIMARY KEY, source TEXT NOT NULL) STRICT;
    ALTER TABLE streams ADD COLUMN workflow INTEGER;
    )sql",
    // 3: column names; the index over the expression follows
    R"sql(
    ALTER TABLE streams RENAME COLUMN facts TO info;
    ALTER TABLE streams RENAME COLUMN kept_for TO retention_s;
    )sql",
};

Failure not_ours(std::string message, std::string remedy) {
  return Failure(Error{ErrorCode::config_invalid, "store: " + std::move(message), std::move(remedy)});
}

// SQLite syncs the directory when it makes the write-ahead log, and takes no notice when that fails. Without the log's
// name a power failure takes everything that was said to be kept in it.
void sync_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int failed = fd >= 0 && ::fsync(fd) == 0 ? 0 : errno;
  if (fd >= 0) ::close(fd);
  if (failed != 0) throw SqliteFault{SQLITE_IOERR_DIR_FSYNC, "the folder of " + path + " cannot be synced", failed};
}

}  // namespace

Result<std::unique_ptr<Sqlite>> open_for_writing(const std::string& path) {
  auto db = std::make_unique<Sqlite>(path, Sqlite::Mode::write);
  const std::int64_t version = db->integer("PRAGMA user_version");
  const std::int64_t whose = db->integer("PRAGMA application_id");
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (whose != application_id && (whose != 0 || version != 0 || db->integer("SELECT count(*) FROM sqlite_schema") > 0))
    return not_ours(fmt::format("{} is a database of another program", path), "Give the path of a new file.");
  if (version > newest) {
    return not_ours(
        fmt::format("{} was written by a newer Plenum (layout {}; this one knows {})", path, version, newest),
        "Run the newer Plenum, or give another file; nothing was changed.");
  }
  // Before the first table: a page size or these cannot be changed later.
  if (version == 0) db->execute("PRAGMA auto_vacuum = INCREMENTAL");
  db->execute("PRAGMA journal_mode = WAL");
  // Whole pages that become free keep their bytes until they are used again, or until something is removed on
  // purpose: then they leave the file (SqliteWriter::compact).
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
  read.right = id && row.integer(14) == sum_of(task, read.workflow);
  return read;
}

std::int64_t sum_of(const core::StoredTask& task, std::optional<std::int64_t> workflow) {
  RowSum sum;
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

std::int64_t workflow_key(std::string_view source) { return RowSum().add(source).value(); }

std::int64_t segment_sum(std::string_view stream, std::int64_t first_seq, std::string_view lengths,
                         std::string_view bytes) {
  return RowSum().add(stream).add(first_seq).add(lengths).add(bytes).value();
}

std::int64_t journal_sum(std::int64_t id, std::string_view data) { return RowSum().add(id).add(data).value(); }

std::int64_t texts_sum(std::int64_t ordinal, std::string_view task, std::string_view answer) {
  return RowSum().add(ordinal).add(task).add(answer).value();
}

std::int64_t key_sum(std::string_view key, std::string_view digest, std::string_view stream, std::string_view answer) {
  return RowSum().add(key).add(digest).add(stream).add(answer).value();
}

}  // namespace plenum::storage
