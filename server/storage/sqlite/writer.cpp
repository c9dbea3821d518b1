#include "server/storage/sqlite/writer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <map>
#include <utility>

#include "server/storage/sqlite/journal_record.h"
#include "server/telemetry/log.h"

namespace plenum::storage {

namespace {
constexpr std::int64_t commits_between_trims = 64;  // each deletion writes pages of its own
constexpr auto compacting_at_stop_max = seconds(2);
}  // namespace

SqliteWriter::SqliteWriter(std::string path, std::unique_ptr<Sqlite> db, StoreLock lock, Tails tails, JournalRows rows,
                           std::int64_t commit, const Clock& clock, WriterOptions options)
    : path_(std::move(path)),
      clock_(clock),
      options_(options),
      lock_(std::move(lock)),
      tails_(std::move(tails)),
      commit_(commit),
      journal_rows_(std::move(rows)) {
  for (const auto& [id, bytes] : journal_rows_) journal_bytes_ += bytes;
  use(std::move(db));
}

SqliteWriter::~SqliteWriter() { stop(); }

void SqliteWriter::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "store");
    run();
  });
}

void SqliteWriter::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

// --- any thread ---

void SqliteWriter::take(RecordBatch batch) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = waiting_.empty();
    for (const auto& record : batch.records) {
      first |= record.sync && !waiting_.sync;
      waiting_.sync |= record.sync;
    }
    waiting_.batches.push_back(std::move(batch));
  }
  if (first) wake_.notify_one();
}

Result<void> SqliteWriter::place(Order order) {
  order.done = std::make_shared<std::promise<Result<void>>>();
  auto done = order.done->get_future();
  {
    std::lock_guard lock(mutex_);
    if (!state_.writable) return Failure(*state_.error);
    if (stopping_ || !thread_.joinable()) {
      return Failure(Error{ErrorCode::store_unavailable, "the event log is closed"});
    }
    waiting_.orders.push_back(std::move(order));
    waiting_.sync = true;
  }
  wake_.notify_one();
  return done.get();
}

Result<void> SqliteWriter::change(Change change, std::vector<StreamId> closes, core::Removal removal) {
  Order order;
  order.change = std::move(change);
  order.closes = std::move(closes);
  order.removal = removal;
  return place(std::move(order));
}

void SqliteWriter::change_later(Change change) {
  Order order;
  order.change = std::move(change);
  std::lock_guard lock(mutex_);
  if (!state_.writable || stopping_) return;
  waiting_.orders.push_back(std::move(order));
  wake_.notify_one();
}

Result<void> SqliteWriter::accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& answer) {
  auto ordinal = std::make_shared<std::int64_t>(0);
  Order order;
  order.opens = {task.id, ordinal};
  order.change = [&task, &answer, ordinal](SqliteTables& tables) {
    *ordinal = tables.insert_task(task);
    if (answer) tables.insert_response(*answer, task.created_at);
  };
  order.undo = [id = task.id](SqliteTables& tables) { tables.remove_task(id); };
  return place(std::move(order));
}

core::StoreState SqliteWriter::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

bool SqliteWriter::was_refused(const StreamId& id) const {
  std::lock_guard lock(mutex_);
  return refused_.contains(id);
}

// --- the writer's thread ---

void SqliteWriter::run() {
  for (bool stopping = false; !stopping;) {
    Work work = next();
    if (!state().writable) {
      wait_for_disk(std::move(work));
    } else if (!work.empty()) {
      commit(std::move(work));
    } else {
      compact();
    }
    std::lock_guard lock(mutex_);
    stopping = stopping_ && waiting_.empty();
  }
  if (!state().writable) try_again();
  for (const SteadyTime end = clock_.steady() + compacting_at_stop_max;
       compacting_ != Compacting::no && state().writable && clock_.steady() < end;) {
    compact();
  }
  try {
    if (state().writable) {
      checkpoint_whole();
      lock_.record_clean_shutdown(commit_);
    }
  } catch (const SqliteFault& fault) {
    log::error("store: {}", error_of(fault).message);
  }
  tables_.reset();
  db_.reset();
}

// What has come, but not sooner than the group's time after the last commit.
SqliteWriter::Work SqliteWriter::next() {
  std::unique_lock lock(mutex_);
  if (!state_.writable) {
    wake_.wait_for(lock, std::max<std::chrono::nanoseconds>(again_at_ - clock_.steady(), milliseconds(1)),
                   [this] { return stopping_; });
    return std::exchange(waiting_, {});
  }
  wake_.wait(lock, [this] { return stopping_ || !waiting_.empty() || compacting_ != Compacting::no; });
  const auto wait_until = [&](SteadyTime due, auto&& enough) {
    const auto now = clock_.steady();
    if (now < due) wake_.wait_for(lock, due - now, enough);
  };
  wait_until(last_commit_ + options_.sync_group, [this] { return stopping_; });
  wait_until(last_commit_ + options_.group, [this] { return stopping_ || waiting_.sync; });
  return std::exchange(waiting_, {});
}

// Nothing overtakes what waits: a stream's frames are kept in their order.
void SqliteWriter::wait_for_disk(Work work) {
  for (auto& batch : work.batches) held_.push_back(std::move(batch));
  for (Order& order : work.orders) {
    if (order.done) order.done->set_value(Failure(*state().error));
  }
  if (clock_.steady() >= again_at_) try_again();
}

void SqliteWriter::commit(Work work) {
  // What is removed must not stay behind in rows that others share with it. But old tasks go all the time.
  const SteadyTime now = clock_.steady();
  for (const Order& order : work.orders) {
    if (order.closes.empty() || (order.removal == core::Removal::by_age && now < compact_at_)) continue;
    compact_at_ = now + options_.compacting_period;
    empty_journal_ = true;
    compacting_ = Compacting::begins;  // from the start, also when it was at its last step
  }
  Growths growths = plan(work);
  try {
    if (work.sync != full_sync_) {
      db_->execute(work.sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
      full_sync_ = work.sync;
    }
    db_->execute("BEGIN IMMEDIATE");
    write(work, growths);
    db_->execute("COMMIT");
    // Before anybody hears of it: the next process must know how far readers may have come.
    if (const int code = lock_.note_commit(commit_ + 1); code != 0) throw SqliteFault{SQLITE_IOERR, "lock file", code};
  } catch (const SqliteFault& fault) {
    return failed(fault, std::move(work), std::move(growths));
  }
  last_commit_ = clock_.steady();
  settle(work.batches, growths);
  for (Order& order : work.orders) {
    for (const StreamId& id : order.closes) tails_.erase(id);
    if (order.opens) tails_[order.opens->first].ordinal = *order.opens->second;
    if (order.done) order.done->set_value({});
  }
  checkpoint();
}

// A step, when nobody has anything to write: first the index loses the words, then the file its free pages.
void SqliteWriter::compact() {
  if (compacting_ == Compacting::no) return;
  try {
    if (compacting_ == Compacting::shrinks) {
      db_->execute("PRAGMA incremental_vacuum(500)");
      if (db_->integer("PRAGMA freelist_count") > 0) return;
      compacting_ = Compacting::no;
      // What the write-ahead log still says of it goes as well, if no reader is in the way.
      sqlite3_wal_checkpoint_v2(db_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
      return;
    }
    db_->execute("BEGIN IMMEDIATE");
    const bool more = tables_->compact_search(compacting_ == Compacting::begins);
    db_->execute("COMMIT");
    compacting_ = more ? Compacting::merges : Compacting::shrinks;
  } catch (const SqliteFault& fault) {
    compacting_ = Compacting::begins;
    failed(fault, {}, {});
  }
}

void SqliteWriter::Growth::add(const core::FrameAppend& record) {
  if (record.ending) ending = record.ending;
  if (!given_) {
    given_ = record.frames;
    return;
  }
  if (joined_.empty()) joined_ = *given_;
  join(joined_, *record.frames);
}

const core::Frames& SqliteWriter::Growth::fresh() const {
  static const core::Frames none;
  if (!joined_.empty()) return joined_;
  return given_ ? *given_ : none;
}

SqliteWriter::Growths SqliteWriter::plan(const Work& work) const {
  Growths growths;
  for (const RecordBatch& batch : work.batches) {
    for (const core::FrameAppend& record : batch.records) {
      if (!tails_.contains(record.id)) continue;  // it was removed meanwhile
      growths[record.id].add(record);
    }
  }
  // Streams that say little for long would keep the journal from getting shorter.
  const bool much = journal_bytes_ > options_.journal_bytes_max;
  std::int64_t old = much ? journal_rows_[journal_rows_.size() / 2].first : 0;
  if (empty_journal_) old = commit_;
  for (const auto& [id, tail] : tails_) {
    if (old == 0) break;
    if (!tail.frames.empty() && tail.since <= old) growths[id].to_segment = true;
  }
  for (const Order& order : work.orders) {
    for (const StreamId& id : order.closes) growths.erase(id);
  }
  for (auto& [id, growth] : growths) {
    growth.to_segment |=
        growth.ending || tails_.at(id).frames.bytes.size() + growth.fresh().bytes.size() >= options_.segment_bytes;
  }
  return growths;
}

void SqliteWriter::write(const Work& work, const Growths& growths) {
  for (const Order& order : work.orders) order.change(*tables_);
  std::string journal;
  for (const auto& [id, growth] : growths) write_growth(id, growth, journal);
  // Also when it is empty: its number tells after a failure whether this transaction was kept.
  tables_->insert_journal(commit_ + 1, journal);
  journal_rows_.emplace_back(commit_ + 1, journal.size());
  journal_bytes_ += journal.size();
  trim(growths);
}

void SqliteWriter::write_growth(const StreamId& id, const Growth& growth, std::string& journal) {
  if (!growth.to_segment) return append_record(journal, id, growth.fresh());
  const Tail& tail = tails_.at(id);
  core::Frames segment = tail.frames;
  join(segment, growth.fresh());
  tables_->insert_segment(tail.ordinal, id, segment);
  if (growth.ending) tables_->end_task(id, *growth.ending, segment.last_seq());
}

// Rows before the first that a tail still needs.
void SqliteWriter::trim(const Growths& growths) {
  if (commit_ % commits_between_trims != 0 && !empty_journal_) return;
  std::int64_t needed = commit_ + 1;
  for (const auto& [id, tail] : tails_) {
    if (empty_journal_) break;  // whatever was there is in segments now, or was replaced
    const auto growth = growths.find(id);
    if (growth != growths.end() && growth->second.to_segment) continue;
    if (!tail.frames.empty()) needed = std::min(needed, tail.since);
  }
  if (journal_rows_.front().first >= needed) return;
  tables_->trim_journal(needed, commit_ + 1);
  trimmed_ = needed;
}

// The transaction is kept: memory follows.
void SqliteWriter::settle(std::vector<RecordBatch>& batches, const Growths& growths) {
  ++commit_;
  empty_journal_ = false;
  for (const auto& [id, growth] : growths) {
    if (growth.ending) {
      tails_.erase(id);
      continue;
    }
    Tail& tail = tails_.at(id);
    if (growth.to_segment) {
      tail.frames = {};
      tail.since = 0;
      continue;
    }
    if (tail.frames.empty()) tail.since = commit_;
    join(tail.frames, growth.fresh());
  }
  while (!journal_rows_.empty() && journal_rows_.front().first < trimmed_) {
    journal_bytes_ -= journal_rows_.front().second;
    journal_rows_.pop_front();
  }
  notify_durable(batches);
}

void SqliteWriter::notify_durable(std::vector<RecordBatch>& batches) {
  std::map<runtime::EventLoop*, std::vector<std::function<void()>>> told;
  for (RecordBatch& batch : batches) {
    for (core::FrameAppend& record : batch.records) {
      if (record.on_durable) told[batch.loop].push_back(std::move(record.on_durable));
    }
  }
  for (auto& [loop, kept] : told) {
    loop->post([kept = std::move(kept)] {
      for (const auto& tell : kept) tell();
    });
  }
}

}  // namespace plenum::storage
