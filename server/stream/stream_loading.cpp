// Streams that the store has: read back when somebody asks, found again after a restart, removed when their time
// is over.

#include <algorithm>

#include "server/stream/stored_stream.h"
#include "server/stream/stream_table.h"
#include "server/telemetry/log.h"

namespace plenum::stream {

namespace {
constexpr std::size_t removed_at_once = 200;  // so that writing them off keeps nobody waiting
constexpr int rounds_for_room = 20;
constexpr auto use_told_every = seconds(60);
constexpr auto use_told_at_leaving = seconds(1);
}  // namespace

WallTime StreamManager::last_use(const Stream& stream) const {
  const auto since = stream.unattended_since().value_or(clock_.steady());
  return clock_.wall() - std::chrono::duration_cast<milliseconds>(clock_.steady() - since);
}

core::StoredTask StreamManager::stored_task(const Stream& stream) const {
  const StreamInfo& info = stream.info();
  core::StoredTask task;
  task.id = info.id;
  task.epoch = stream.encoder().epoch();
  task.info_json = info_json(info);
  task.workflow = info.plan.workflow;
  task.task = info.spec.task;
  task.conversation_id = info.spec.conversation_id;
  task.created_at = task.used_at = info.created_at;
  task.retention = info.retention;
  return task;
}

Result<std::shared_ptr<Stream>> StreamManager::materialize(core::StoredStream stored) const {
  auto info = info_from(stored.task, clock_.wall(), clock_.steady());
  if (!info) return Failure(std::move(info.error()));
  auto state = rebuild_state(stored.parts);
  if (!state) return Failure(std::move(state.error()));
  StreamDependencies parts{stored.task.epoch, new_log_(), durable_writer_of(stored.task.id), *std::move(state)};
  for (core::Frames& part : stored.parts) parts.log->adopt(std::move(part.bytes), std::move(part.ends));
  runtime::EventLoop& owner_loop = loops_.owner_loop(info->id.hash());
  return std::make_shared<Stream>(*std::move(info), owner_loop, std::move(parts), options_.stream, totals_);
}

Result<std::shared_ptr<Stream>> StreamManager::load(const StreamId& id) {
  auto stored = store_->load(id);
  if (!stored) return Failure(std::move(stored.error()));
  const WallTime used_at = stored->task.used_at;
  auto made = materialize(*std::move(stored));
  if (!made) return made;
  return table_->with([&](Table& table) {
    auto stream = insert(table, std::move(*made), used_at);  // somebody else may have been faster
    const SteadyTime now = clock_.steady();
    stream->add_subscribers(1);  // so that it is not the one that makes room
    if (totals_->log_bytes.load(std::memory_order_relaxed) > options_.event_memory_bytes_max) evict(table, now);
    stream->add_subscribers(-1);
    stream->touch();
    return stream;
  });
}

Result<void> StreamManager::request_cancel(Stream& stream) {
  if (store_ == nullptr) return {};
  return store_->request_cancel(stream.id());
}

Result<std::optional<std::vector<Turn>>> StreamManager::turns(const std::string& conversation_id,
                                                              std::size_t limit) const {
  if (store_ == nullptr) return std::nullopt;
  return store_->turns(conversation_id, limit);
}

Result<std::vector<RecoveredStream>> StreamManager::recover() {
  std::vector<RecoveredStream> recovered;
  if (store_ == nullptr) return recovered;
  auto unfinished = store_->load_unfinished();
  if (!unfinished) return Failure(std::move(unfinished.error()));
  for (core::StoredStream& stored : *unfinished) {
    const StreamId id = stored.task.id;
    if (!stored.complete) {
      // Readers may have seen other events under the numbers that come next: they must not be taken for these.
      for (core::Frames& part : stored.parts) change_epoch(part, stored.task.epoch, epoch_);
      stored.task.epoch = epoch_;
      if (auto replaced = store_->replace(stored); !replaced) return Failure(std::move(replaced.error()));
    }
    auto made = materialize(stored);
    if (!made) {
      log::error("store: stream {} cannot be taken up again: {}", id.str(), made.error().message);
      continue;
    }
    table_->with([&](Table& table) { insert(table, *made, stored.task.used_at); });
    recovered.push_back({std::move(*made), stored.task.cancel_requested, std::move(stored.parts)});
  }
  return recovered;
}

// The oldest in the store, without those that somebody reads.
std::vector<StreamId> StreamManager::over_quota() const {
  auto oldest = store_->over_quota(removed_at_once);
  if (!oldest || oldest->empty()) return {};
  table_->with([&](const Table& table) {
    std::erase_if(*oldest, [&](const StreamId& id) {
      const auto row = table.rows.find(id);
      return row != table.rows.end() && !row->second.stream->idle_since();
    });
  });
  return *std::move(oldest);
}

// Of the streams in memory: tells the store when they were used, lets those go that nobody has asked for in a
// while, and names those whose time is over.
std::vector<StreamId> StreamManager::retire_idle() {
  const SteadyTime now = clock_.steady();
  std::vector<std::pair<StreamId, WallTime>> used;
  std::vector<StreamId> over;
  table_->with([&](Table& table) {
    std::vector<StreamId> leaving;
    for (auto& [id, row] : table.rows) {
      if (!row.stream->finished()) continue;
      const auto idle = row.stream->idle_since();
      const bool leaves = idle && now - *idle >= options_.memory_ttl;
      const WallTime use = last_use(*row.stream);
      if (use - row.use_told >= (leaves ? use_told_at_leaving : use_told_every))
        used.emplace_back(id, row.use_told = use);
      if (!idle) continue;
      if (now - *idle >= row.stream->info().retention) {
        over.push_back(id);
      } else if (leaves) {
        leaving.push_back(id);
      }
    }
    for (const StreamId& id : leaving) remove(table, id, now, EvictTo::memory);
    table.evicted_total += leaving.size();
  });
  if (!used.empty()) store_->touch(std::move(used));
  return over;
}

void StreamManager::reap_stored() {
  std::vector<StreamId> over = retire_idle();
  if (auto expired = store_->expired(clock_.wall(), removed_at_once)) {
    table_->with([&](const Table& table) {
      // Of those in memory it is known better when they were used last.
      for (const StreamId& id : *expired) {
        if (!table.rows.contains(id)) over.push_back(id);
      }
    });
  }
  if (!forget(over)) return;
  std::size_t gone = 0;
  for (int rounds = 0; rounds < rounds_for_room; ++rounds) {
    over = over_quota();
    if (over.empty() || !forget(over)) break;
    gone += over.size();
  }
  if (gone > 0) log::info("store: the {} oldest tasks went, because it may hold no more (store_bytes_max)", gone);
}

bool StreamManager::forget(const std::vector<StreamId>& old) {
  if (old.empty()) return true;
  if (const auto gone = store_->remove(old, clock_.wall() + options_.tombstone_ttl, core::Removal::by_age); !gone) {
    log::warning("store: {} tasks that should go are still there: {}", old.size(), gone.error().message);
    return false;
  }
  table_->with([&](Table& table) {
    for (const StreamId& id : old) remove(table, id, clock_.steady(), EvictTo::for_good);
    table.reaped_total += old.size();
  });
  return true;
}

}  // namespace plenum::stream
