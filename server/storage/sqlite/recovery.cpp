// How a store is opened: what the last process left in the journal becomes the tails of its streams again.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>
#include <utility>

#include "server/storage/sqlite/journal_record.h"
#include "server/storage/sqlite/store.h"
#include "server/telemetry/log.h"

namespace plenum::storage {

namespace {

// Reads every row of the journal into the streams that it belongs to.
struct JournalReading {
  SqliteWriter::Tails& tails;
  std::unordered_set<StreamId> broken;  // something of theirs is missing or is not what was written
  bool damaged_rows = false;            // of whom they were cannot be told

  void take(std::int64_t id, std::string_view data, std::int64_t sum) {
    auto records = read_records(data);
    if (sum != journal_sum(id, data) || !records) {
      damaged_rows = true;
      return;
    }
    for (JournalRecord& record : *records) {
      const auto found = tails.find(record.stream);
      if (found == tails.end() || broken.contains(record.stream)) continue;  // it has ended, or it was removed
      Tail& tail = found->second;
      const std::uint64_t next = tail.frames.first_seq + tail.frames.ends.size();
      if (record.frames.last_seq() < next) continue;  // in a segment already
      if (record.frames.first_seq != next) {
        broken.insert(record.stream);
        continue;
      }
      if (tail.frames.empty()) tail.since = id;
      join(tail.frames, record.frames);
    }
  }
};

Failure unusable(const std::string& path, const Error& error) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("store: {}: {}", path, error.message),
                       "Give another path, or restore the file from a backup; nothing was changed in it."});
}

// Prompts and answers are nobody else's business.
Result<void> make_private(const std::string& path) {
  std::error_code failed;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder, failed)) {
    // A failure here is the reason; one of the second call would only follow from it.
    std::filesystem::create_directories(folder, failed);
    if (!failed) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
  }
  if (failed) {
    return Failure(Error{ErrorCode::config_invalid, fmt::format("store: {}: {}", folder.string(), failed.message()),
                         "Make the folder, or give another path."});
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(runtime::EventLoopGroup& loops, const Clock& clock,
                                                       SqliteStoreOptions options) {
  const std::string path = options.path;
  if (const auto made = make_private(path); !made) return Failure(made.error());
  auto lock = StoreLock::take(path, options.boot_id);
  if (!lock) return Failure(std::move(lock.error()));
  try {
    const mode_t before = ::umask(077);
    auto db = open_for_writing(path);
    ::umask(before);
    if (!db) return Failure(std::move(db.error()));
    std::unique_ptr<SqliteStore> store(new SqliteStore(clock, std::move(options)));
    store->recover(std::move(*db), std::move(*lock));
    store->start(loops);
    return store;
  } catch (const SqliteFault& fault) {
    return unusable(path, error_of(fault));
  }
}

void SqliteStore::recover(std::unique_ptr<Sqlite> db, StoreLock lock) {
  SqliteWriter::Tails tails;
  SqliteReader reader(options_.path);
  for (TaskRow& row : reader.unfinished()) {
    core::StoredStream stream;
    stream.parts = reader.segments(row, stream.complete);
    stream.complete &= row.right;
    if (!row.right) log::error("store: the row of an unfinished task is damaged; it is left alone");
    if (!row.right) continue;
    row.task.workflow = reader.workflow(row);
    Tail& tail = tails[row.task.id];
    tail.ordinal = row.ordinal;
    tail.frames.first_seq = stream.parts.empty() ? 1 : stream.parts.back().last_seq() + 1;
    stream.task = std::move(row.task);
    unfinished_.push_back(std::move(stream));
  }
  JournalReading reading{tails, {}, false};
  std::int64_t newest = 0;
  JournalRows rows;
  {
    Statement journal(*db, "SELECT id, data, sum FROM journal ORDER BY id");
    while (journal.step()) {
      newest = journal.integer(0);
      reading.take(newest, journal.bytes(1), journal.integer(2));
      rows.emplace_back(newest, journal.bytes(1).size());
    }
  }
  newest = std::max(newest, SqliteTables(*db).journal_reached().value_or(0));
  const LastLife last = lock.last_life();
  // What the last process may have shown is all here: it said how far it had come, and it is here.
  const bool nothing_lost = last.known && (last.in_order || last.same_boot) && last.commit <= newest;
  bool all_whole = true;
  for (core::StoredStream& stream : unfinished_) {
    const Tail& tail = tails.at(stream.task.id);
    stream.complete &= nothing_lost && !reading.damaged_rows && !reading.broken.contains(stream.task.id);
    all_whole &= stream.complete;
    if (!tail.frames.empty()) stream.parts.push_back(tail.frames);
  }
  if (!nothing_lost && !unfinished_.empty()) {
    log::warning("store: events may be missing at the end of {} unfinished streams; they get new ids",
                 unfinished_.size());
  }
  const std::int64_t commit = std::max(newest, last.commit);
  writer_ = std::make_unique<SqliteWriter>(options_.path, std::move(db), std::move(lock), std::move(tails),
                                           std::move(rows), commit, clock_, options_.writer);
  // Rows that nobody could use must not be taken for what is written from now on under their numbers.
  if (!all_whole) writer_->empty_journal();
}

// The tail goes with the frames: from now on everything is in segments.
Result<void> SqliteWriter::replace(const core::StoredStream& stream) {
  Order order;
  auto ordinal = std::make_shared<std::int64_t>(0);
  order.closes = {stream.task.id};
  order.opens = {stream.task.id, ordinal};
  order.change = [&stream, ordinal](SqliteTables& tables) {
    auto row = tables.find(stream.task.id);
    if (!row) return;
    *ordinal = row->ordinal;
    row->task = stream.task;
    tables.replace_task(*row);
    for (const core::Frames& part : stream.parts) tables.insert_segment(row->ordinal, stream.task.id, part);
  };
  return place(std::move(order));
}

}  // namespace plenum::storage
