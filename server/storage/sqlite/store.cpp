#include "server/storage/sqlite/store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <limits>
#include <utility>

#include "common/base/strings.h"
#include "server/storage/sqlite/recovery.h"

namespace plenum::storage {

namespace {

constexpr std::int64_t newest_first = std::numeric_limits<std::int64_t>::max();

Failure damaged(const StreamId& id) {
  return Failure(Error{ErrorCode::stream_damaged, fmt::format("the stored data of stream {} is damaged", id.str())});
}

Failure unusable(const std::string& path, const Error& error) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("store: {}: {}", path, error.message),
                       "Give another path, or restore the file from a backup. The file was not changed."});
}

// Prompts and answers are private: a new directory is accessible to its owner only.
Result<void> create_directory_of(const std::string& path) {
  std::error_code failed;
  const auto directory = std::filesystem::path(path).parent_path();
  if (!directory.empty() && !std::filesystem::exists(directory, failed)) {
    std::filesystem::create_directories(directory, failed);
    // A failure here is the cause; one of the second call would only follow from it.
    if (!failed) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  }
  if (failed) {
    return Failure(Error{ErrorCode::config_invalid, fmt::format("store: {}: {}", directory.string(), failed.message()),
                         "Create the directory, or give another path."});
  }
  return {};
}

}  // namespace

// Collects what the streams of one loop append in an iteration, and submits it at the end of the iteration.
class SqliteStore::LoopWriter final : public core::DurableWriter {
 public:
  LoopWriter(runtime::EventLoop& loop, SqliteWriter& writer) : loop_(loop), writer_(writer) {}
  void append(core::FrameAppend append) override {
    loop_.assert_on_thread();
    if (appends_.empty()) loop_.defer([this] { writer_.enqueue({&loop_, std::exchange(appends_, {})}); });
    appends_.push_back(std::move(append));
  }

 private:
  runtime::EventLoop& loop_;                // set once
  SqliteWriter& writer_;                    // set once
  std::vector<core::FrameAppend> appends_;  // owner loop only
};

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(runtime::EventLoopGroup& loops, const Clock& clock,
                                                       SqliteStoreOptions options) {
  const std::string path = options.path;
  if (const auto created = create_directory_of(path); !created) return Failure(created.error());
  auto lock = LockFile::acquire(path, options.boot_id);
  if (!lock) return Failure(std::move(lock.error()));
  auto files = StoreFiles::open(path, lock->fd());
  if (!files) return Failure(std::move(files.error()));
  try {
    const mode_t before = ::umask(077);
    auto db = open_for_writing(path);
    ::umask(before);
    if (!db) return Failure(std::move(db.error()));
    return std::unique_ptr<SqliteStore>(
        new SqliteStore(loops, clock, std::move(options), std::move(*db), std::move(*lock), std::move(*files)));
  } catch (const SqliteFault& fault) {
    return unusable(path, error_of(fault));
  }
}

SqliteStore::SqliteStore(runtime::EventLoopGroup& loops, const Clock& clock, SqliteStoreOptions options,
                         std::unique_ptr<SqliteConnection> db, LockFile lock, StoreFiles files)
    : clock_(clock), options_(std::move(options)), files_(std::move(files)), readers_(options_.path) {
  RecoveredStore recovered = recover(options_.path, *db, lock.previous_run());
  unfinished_ = std::move(recovered.unfinished);
  writer_ = std::make_unique<SqliteWriter>(options_.path, std::move(db), std::move(lock), files_,
                                           std::move(recovered.journal), clock_, options_.writer);
  // Rows of the journal that are unusable must not be taken for rows written from now on under the same numbers.
  if (!recovered.all_complete) writer_->empty_journal();
  for (unsigned i = 0; i < loops.count(); ++i) {
    loop_writers_.push_back(std::make_unique<LoopWriter>(loops.at(i), *writer_));
  }
  answers_ = std::make_unique<SqliteAnswers>(readers_, *writer_);
  writer_->start();
}

SqliteStore::~SqliteStore() {
  readers_.close();
  if (writer_) writer_->stop();
}

template <class F>
auto SqliteStore::read(F&& query) const -> decltype(query(std::declval<SqliteReader&>())) {
  try {
    return readers_.with(std::forward<F>(query));
  } catch (const SqliteFault& fault) {
    return Failure(error_of(fault));
  }
}

core::DurableWriter& SqliteStore::durable_writer(unsigned loop) { return *loop_writers_[loop]; }

Result<void> SqliteStore::accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& response) {
  return writer_->accept(task, response);
}

Result<void> SqliteStore::request_cancel(const StreamId& id) {
  return writer_->change([id](SqliteTables& tables) { tables.request_cancel(id); });
}

Result<void> SqliteStore::remove(const std::vector<StreamId>& ids, WallTime gone_until, core::Removal removal) {
  const auto change = [ids, gone_until, removal, now = clock_.wall(),
                       key_ttl = options_.writer.idempotency_ttl](SqliteTables& tables) {
    for (const StreamId& id : ids) {
      tables.remove_task(id);
      // A cached answer outlives the retention of its task: it has its own TTL.
      if (removal == core::Removal::explicit_) tables.answers().remove_of(id);
      tables.insert_tombstone(id, gone_until);
    }
    tables.remove_expired(now, key_ttl);
  };
  return writer_->change(change, ids, removal);
}

void SqliteStore::touch(std::vector<std::pair<StreamId, WallTime>> accesses) {
  writer_->change_later([accesses = std::move(accesses)](SqliteTables& tables) {
    for (const auto& [id, time] : accesses) tables.set_used(id, time);
  });
}

Result<core::StoredStream> SqliteStore::load(const StreamId& id) const {
  return read([&](SqliteReader& reader) -> Result<core::StoredStream> {
    const auto row = reader.task(id);
    if (!row) {
      return Failure(reader.has_tombstone(id, clock_.wall()) ? core::stream_gone() : core::no_such_stream());
    }
    // Also of a finished task, if damage lost its end: the rest is not a valid log.
    if (row->intact && !row->task.finished_at) return Failure(core::no_such_stream());
    core::StoredStream stream;
    stream.parts = reader.segments(*row, stream.complete);
    const std::uint64_t last = stream.parts.empty() ? 0 : stream.parts.back().last_seq();
    const auto texts = reader.texts(row->ordinal);
    if (!row->intact || !stream.complete || last != row->task.last_seq || !texts) return damaged(id);
    stream.task = row->task;
    stream.task.workflow = reader.workflow(*row);
    stream.task.task = texts->question;
    return stream;
  });
}

Result<std::vector<core::StoredTask>> SqliteStore::list(const core::TaskQuery& query) const {
  return read([&](SqliteReader& reader) -> Result<std::vector<core::StoredTask>> {
    std::int64_t before = newest_first;
    if (query.before) {
      const auto row = reader.task(*query.before);
      if (!row) return Failure(core::cursor_expired());
      before = row->ordinal;
    }
    const std::string match = match_query(query.words);
    std::vector<core::StoredTask> tasks;
    for (TaskRow& row : match.empty() ? reader.page(query, before) : reader.matching(match, query, before)) {
      if (row.intact) tasks.push_back(std::move(row.task));
    }
    return tasks;
  });
}

Result<std::vector<StreamId>> SqliteStore::expired(WallTime now, std::size_t limit) const {
  return read([&](SqliteReader& reader) -> Result<std::vector<StreamId>> { return reader.expired(now, limit); });
}

Result<std::vector<StreamId>> SqliteStore::over_quota(std::size_t limit) const {
  if (options_.bytes_max == 0) return std::vector<StreamId>();
  return read([&](SqliteReader& reader) -> Result<std::vector<StreamId>> {
    // The size of a log excludes its texts and index entries, so deleting half of the excess may be enough: the caller
    // repeats the query.
    const std::int64_t excess = reader.bytes_of_tasks() - options_.bytes_max;
    return excess > 0 ? reader.oldest(excess / 2 + 1, limit) : std::vector<StreamId>();
  });
}

Result<std::optional<core::KeyedResponse>> SqliteStore::find_idempotent_response(const std::string& key) const {
  return read([&](SqliteReader& reader) -> Result<std::optional<core::KeyedResponse>> {
    auto row = reader.response_for(key);
    if (!row || clock_.wall() - row->created_at >= options_.writer.idempotency_ttl) return std::nullopt;
    if (!row->intact) return damaged(row->response.stream);
    if (writer_->was_rejected(row->response.stream)) {
      return Failure(Error{ErrorCode::store_unavailable, "the task with this key was rejected when the disk failed"});
    }
    return std::move(row->response);
  });
}

Result<std::vector<Turn>> SqliteStore::turns(const std::string& conversation_id, std::size_t limit) const {
  return read([&](SqliteReader& reader) -> Result<std::vector<Turn>> {
    std::vector<Turn> turns;
    for (const std::int64_t ordinal : reader.turns_of(conversation_id, limit)) {
      auto turn = reader.texts(ordinal);
      if (turn && !turn->answer.empty()) turns.push_back(*std::move(turn));
    }
    return turns;
  });
}

Result<std::vector<core::StoredConversation>> SqliteStore::conversations(const core::ConversationQuery& query) const {
  return read([&](SqliteReader& reader) -> Result<std::vector<core::StoredConversation>> {
    std::int64_t before = newest_first;
    if (query.before) {
      const auto row = reader.task(*query.before);
      if (!row) return Failure(core::cursor_expired());
      before = row->ordinal;
    }
    return reader.conversations(match_query(query.words), query.words, query.limit, before);
  });
}

Result<core::StoredConversation> SqliteStore::conversation(const std::string& id) const {
  return read([&](SqliteReader& reader) -> Result<core::StoredConversation> {
    auto found = reader.conversation(id);
    if (!found) return Failure(core::no_such_conversation());
    return *std::move(found);
  });
}

Result<std::vector<core::ConversationTask>> SqliteStore::conversation_tasks(
    const core::ConversationTaskQuery& query) const {
  return read([&](SqliteReader& reader) -> Result<std::vector<core::ConversationTask>> {
    std::int64_t after = 0;
    if (query.after) {
      const auto row = reader.task(*query.after);
      if (!row) return Failure(core::cursor_expired());
      after = row->ordinal;
    }
    return reader.conversation_tasks(query, after);
  });
}

Result<std::vector<std::string>> SqliteStore::comparisons(const core::ComparisonQuery& query) const {
  return read([&](SqliteReader& reader) -> Result<std::vector<std::string>> { return reader.comparisons(query); });
}

Result<void> SqliteStore::rename_conversation(const std::string& id, const std::string& title) {
  return writer_->change([id, title](SqliteTables& tables) { tables.set_title(id, title); });
}

Result<std::vector<core::StoredStream>> SqliteStore::load_unfinished() { return std::exchange(unfinished_, {}); }

Result<void> SqliteStore::replace(const core::StoredStream& stream) { return writer_->replace(stream); }

core::StoreState SqliteStore::state() const { return writer_->state(); }

std::string match_query(std::string_view words) {
  std::string match;
  each_word(words, [&](std::string_view word) {
    match += match.empty() ? "\"" : " \"";
    for (const char byte : word) match.append(byte == '"' ? 2 : 1, byte);
    match += '"';
    return true;
  });
  if (!match.empty()) match += '*';
  return match;
}

}  // namespace plenum::storage
