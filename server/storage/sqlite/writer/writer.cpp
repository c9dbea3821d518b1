#include "server/storage/sqlite/writer/writer.h"

#include <pthread.h>
#include <functional>
#include <map>
#include <utility>

#include "server/telemetry/log.h"

namespace plenum::storage {

namespace {
constexpr auto compaction_at_stop_max = seconds(2);
constexpr auto files_checked_every = milliseconds(1000);  // while nothing is written
}  // namespace

SqliteWriter::SqliteWriter(std::string path, std::unique_ptr<SqliteConnection> db, LockFile lock, StoreFiles& files,
                           JournalState journal, const Clock& clock, WriterOptions options)
    : clock_(clock),
      queue_(clock, options.commit),
      files_(files),
      connection_(std::move(path), std::move(db), files, options.checkpoint_pages),
      lock_(std::move(lock)),
      transaction_(std::move(journal), options.journal),
      compactor_(options.compacting_period),
      recovery_(clock, options.retry) {}

SqliteWriter::~SqliteWriter() { stop(); }

void SqliteWriter::start() {
  queue_.open();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "store");
    run();
  });
}

void SqliteWriter::stop() {
  if (!thread_.joinable()) return;
  queue_.close();
  thread_.join();
}

// --- any thread ---

Result<void> SqliteWriter::change(Change change, std::vector<StreamId> closes, core::Removal removal) {
  PendingChange pending;
  pending.change = std::move(change);
  pending.closes = std::move(closes);
  pending.removal = removal;
  return queue_.submit_and_wait(std::move(pending));
}

void SqliteWriter::change_later(Change change) {
  PendingChange pending;
  pending.change = std::move(change);
  queue_.enqueue(std::move(pending));
}

Result<void> SqliteWriter::accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& response) {
  auto ordinal = std::make_shared<std::int64_t>(0);
  PendingChange pending;
  pending.opens = {task.id, ordinal};
  pending.change = [&task, &response, ordinal](SqliteTables& tables) {
    *ordinal = tables.insert_task(task);
    if (response) tables.insert_response(*response, task.created_at);
  };
  pending.undo = [id = task.id](SqliteTables& tables) { tables.remove_task(id); };
  return queue_.submit_and_wait(std::move(pending));
}

// The journal tail is dropped with the frames: the new ones are all in segments.
Result<void> SqliteWriter::replace(const core::StoredStream& stream) {
  auto ordinal = std::make_shared<std::int64_t>(0);
  PendingChange pending;
  pending.closes = {stream.task.id};
  pending.opens = {stream.task.id, ordinal};
  pending.change = [&stream, ordinal](SqliteTables& tables) {
    auto row = tables.find(stream.task.id);
    if (!row) return;
    *ordinal = row->ordinal;
    row->task = stream.task;
    tables.replace_task(*row);
    for (const core::Frames& part : stream.parts) tables.insert_segment(row->ordinal, stream.task.id, part);
  };
  return queue_.submit_and_wait(std::move(pending));
}

// --- writer thread ---

void SqliteWriter::run() {
  while (!queue_.drained()) {
    if (!state().writable) {
      wait_for_disk(queue_.next_at_retry(recovery_.retry_at()));
      continue;
    }
    PendingWork work = queue_.next(last_commit_, compactor_.pending(), files_checked_every);
    if (!work.empty()) {
      commit(std::move(work));
    } else if (compactor_.pending()) {
      compact();
    }
    check_files();
  }
  shut_down();
}

void SqliteWriter::shut_down() {
  if (!state().writable) try_again();
  const SteadyTime deadline = clock_.steady() + compaction_at_stop_max;
  while (compactor_.pending() && state().writable && clock_.steady() < deadline) compact();
  try {
    if (state().writable) {
      connection_.checkpoint();
      lock_.record_clean_shutdown(transaction_.committed());
    }
  } catch (const SqliteFault& fault) {
    log::error("store: {}", error_of(fault).message);
  }
  connection_.close();
}

void SqliteWriter::commit(PendingWork work) {
  const SteadyTime now = clock_.steady();
  for (const PendingChange& change : work.changes) {
    if (!change.closes.empty() && compactor_.start(change.removal, now)) transaction_.empty_journal();
  }
  StreamAppends appends = transaction_.plan(work);
  try {
    connection_.set_sync(work.sync);
    connection_.db().execute("BEGIN IMMEDIATE");
    transaction_.write(connection_.tables(), work, appends);
    connection_.db().execute("COMMIT");
    // Before any frame becomes visible: the next process must know which events subscribers may have received.
    // Nor may a file that no path names any more be taken for the store.
    if (auto fault = files_.check()) throw *std::move(fault);
    files_checked_ = clock_.steady();
    if (const int code = lock_.note_commit(transaction_.committed() + 1); code != 0)
      throw SqliteFault{SQLITE_IOERR, "lock file", code};
  } catch (const SqliteFault& fault) {
    return fail(fault, std::move(work), std::move(appends));
  }
  last_commit_ = clock_.steady();
  transaction_.apply_commit(appends);
  notify_durable(work.batches);
  for (PendingChange& change : work.changes) {
    transaction_.apply_change(change);
    if (change.done) change.done->set_value({});
  }
  checkpoint();
}

void SqliteWriter::notify_durable(std::vector<AppendBatch>& batches) {
  std::map<runtime::EventLoop*, std::vector<std::function<void()>>> by_loop;
  for (AppendBatch& batch : batches) {
    for (core::FrameAppend& append : batch.appends) {
      if (append.on_durable) by_loop[batch.loop].push_back(std::move(append.on_durable));
    }
  }
  for (auto& [loop, callbacks] : by_loop) {
    loop->post([callbacks = std::move(callbacks)] {
      for (const auto& on_durable : callbacks) on_durable();
    });
  }
}

void SqliteWriter::compact() {
  try {
    compactor_.step(connection_);
  } catch (const SqliteFault& fault) {
    fail(fault, {}, {});
  }
}

void SqliteWriter::checkpoint() {
  try {
    connection_.checkpoint_if_due();
  } catch (const SqliteFault& fault) {
    fail(fault, {}, {});
  }
}

void SqliteWriter::check_files() {
  const SteadyTime now = clock_.steady();
  if (!state().writable || now - files_checked_ < files_checked_every) return;
  files_checked_ = now;
  if (const auto fault = files_.check()) fail(*fault, {}, {});
}

// Threads that wait get the error; frames are held until the disk works again.
void SqliteWriter::fail(const SqliteFault& fault, PendingWork work, StreamAppends appends) {
  Error error = error_of(fault);
  // Callers need to know only that the store fails, not that its file is damaged.
  if (error.code != ErrorCode::store_full) error.code = ErrorCode::store_unavailable;
  error.retry_after = milliseconds(2000);
  UncertainCommit uncertain{transaction_.committed() + 1, std::move(work.batches), std::move(appends), {}};
  transaction_.discard_uncommitted();
  for (PendingChange& change : work.changes) {
    if (change.undo) uncertain.undos.push_back(std::move(change.undo));
    if (change.opens && change.done) queue_.reject(change.opens->first);
  }
  recovery_.on_failure(std::move(uncertain));
  queue_.set_state(error);
  for (PendingChange& change : work.changes) {
    if (!change.done) continue;
    Error reported = error;
    // The transaction may be durable. A task is removed again in this case; a deletion or a cancel is not undone.
    if (!change.undo) reported.message += "; the change may still take effect";
    change.done->set_value(Failure(std::move(reported)));
  }
}

void SqliteWriter::wait_for_disk(PendingWork work) {
  recovery_.hold(std::move(work.batches));
  for (PendingChange& change : work.changes) {
    if (change.done) change.done->set_value(Failure(*state().error));
  }
  if (clock_.steady() >= recovery_.retry_at()) try_again();
}

void SqliteWriter::try_again() {
  std::vector<AppendBatch> durable;
  auto work = recovery_.retry(connection_, transaction_, durable);
  notify_durable(durable);
  if (!work) return;
  queue_.set_state(std::nullopt);
  commit(*std::move(work));  // even if it is empty: it shows that the store is writable
}

}  // namespace plenum::storage
