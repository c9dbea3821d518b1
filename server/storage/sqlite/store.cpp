#include "server/storage/sqlite/store.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "common/base/strings.h"

namespace plenum::storage {

namespace {

constexpr std::int64_t past_all = std::numeric_limits<std::int64_t>::max();

Failure damaged(const StreamId& id) {
  return Failure(
      Error{ErrorCode::stream_damaged, fmt::format("what is stored of stream {} is not what was written", id.str())});
}

}  // namespace

// Collects what the streams of one loop have to keep in a turn, and hands it over at its end.
class SqliteStore::LoopWriter final : public core::DurableWriter {
 public:
  LoopWriter(runtime::EventLoop& loop, SqliteWriter& writer) : loop_(loop), writer_(writer) {}
  void append(core::FrameAppend append) override {
    if (records_.empty()) loop_.defer([this] { writer_.take({&loop_, std::exchange(records_, {})}); });
    records_.push_back(std::move(append));
  }

 private:
  runtime::EventLoop& loop_;
  SqliteWriter& writer_;
  std::vector<core::FrameAppend> records_;
};

SqliteStore::SqliteStore(const Clock& clock, SqliteStoreOptions options)
    : clock_(clock), options_(std::move(options)), readers_(options_.path) {}

SqliteStore::~SqliteStore() {
  readers_.close();
  if (writer_) writer_->stop();
}

template <class F>
auto SqliteStore::read(F&& what) const -> decltype(what(std::declval<SqliteReader&>())) {
  try {
    return readers_.with(std::forward<F>(what));
  } catch (const SqliteFault& fault) {
    return Failure(error_of(fault));
  }
}

void SqliteStore::start(runtime::EventLoopGroup& loops) {
  for (unsigned i = 0; i < loops.count(); ++i) {
    loop_writers_.push_back(std::make_unique<LoopWriter>(loops.at(i), *writer_));
  }
  writer_->start();
}

core::DurableWriter& SqliteStore::durable_writer(unsigned loop) { return *loop_writers_[loop]; }

Result<void> SqliteStore::accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& answer) {
  return writer_->accept(task, answer);
}

Result<void> SqliteStore::request_cancel(const StreamId& id) {
  return writer_->change([id](SqliteTables& tables) { tables.request_cancel(id); });
}

Result<void> SqliteStore::remove(const std::vector<StreamId>& ids, WallTime gone_until, core::Removal removal) {
  const auto change = [ids, gone_until, now = clock_.wall(), kept = options_.writer.keys_kept](SqliteTables& tables) {
    for (const StreamId& id : ids) {
      tables.remove_task(id);
      tables.insert_tombstone(id, gone_until);
    }
    tables.forget_old(now, kept);
  };
  return writer_->change(change, ids, removal);
}

void SqliteStore::touch(std::vector<std::pair<StreamId, WallTime>> when) {
  writer_->change_later([when = std::move(when)](SqliteTables& tables) {
    for (const auto& [id, time] : when) tables.set_used(id, time);
  });
}

Result<core::StoredStream> SqliteStore::load(const StreamId& id) const {
  return read([&](SqliteReader& reader) -> Result<core::StoredStream> {
    const auto row = reader.task(id);
    if (!row) {
      return Failure(reader.is_gone(id, clock_.wall()) ? core::stream_gone() : core::no_such_stream());
    }
    // A damaged file may have lost the end of a task that had ended: what is left of it is not its log.
    if (row->right && !row->task.finished_at) return Failure(core::no_such_stream());
    core::StoredStream stream;
    stream.parts = reader.segments(*row, stream.complete);
    const std::uint64_t last = stream.parts.empty() ? 0 : stream.parts.back().last_seq();
    const auto texts = reader.texts(row->ordinal);
    if (!row->right || !stream.complete || last != row->task.last_seq || !texts) return damaged(id);
    stream.task = row->task;
    stream.task.workflow = reader.workflow(*row);
    stream.task.task = texts->question;
    return stream;
  });
}

Result<std::vector<core::StoredTask>> SqliteStore::list(const core::TaskQuery& query) const {
  return read([&](SqliteReader& reader) -> Result<std::vector<core::StoredTask>> {
    std::int64_t before = past_all;
    if (query.before) {
      const auto row = reader.task(*query.before);
      if (!row) return Failure(core::cursor_expired());
      before = row->ordinal;
    }
    const std::string match = match_of(query.words);
    std::vector<core::StoredTask> tasks;
    for (TaskRow& row : match.empty() ? reader.page(query.limit, before) : reader.found(match, query.limit, before)) {
      if (row.right) tasks.push_back(std::move(row.task));
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
    // What their texts and the index take is not counted: so half of it, and then one looks again.
    const std::int64_t excess = reader.bytes_of_tasks() - options_.bytes_max;
    return excess > 0 ? reader.oldest(excess / 2 + 1, limit) : std::vector<StreamId>();
  });
}

Result<std::optional<core::KeyedResponse>> SqliteStore::find_idempotent_response(const std::string& key) const {
  return read([&](SqliteReader& reader) -> Result<std::optional<core::KeyedResponse>> {
    auto row = reader.answered(key);
    if (!row || clock_.wall() - row->created_at >= options_.writer.keys_kept) return std::nullopt;
    if (!row->right) return damaged(row->answer.stream);
    if (writer_->was_refused(row->answer.stream)) {
      return Failure(Error{ErrorCode::store_unavailable, "the task with this key was refused when the disk failed"});
    }
    return std::move(row->answer);
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

Result<std::vector<core::StoredStream>> SqliteStore::load_unfinished() { return std::exchange(unfinished_, {}); }

Result<void> SqliteStore::replace(const core::StoredStream& stream) { return writer_->replace(stream); }

core::StoreState SqliteStore::state() const { return writer_->state(); }

std::string match_of(std::string_view words) {
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
