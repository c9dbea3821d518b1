#include "server/stream/stream_manager.h"

#include <algorithm>
#include <utility>

#include "server/stream/memory_comparisons.h"
#include "server/stream/stored_stream.h"
#include "server/telemetry/log.h"

namespace plenum::stream {

StreamManager::StreamManager(runtime::EventLoopGroup& loops, const Clock& clock, LogFactory new_log,
                             ManagerOptions options, core::EventStore* store)
    : clock_(clock),
      options_(std::move(options)),
      store_(store),
      factory_(loops, clock, std::move(new_log), options_.stream, store, options_.memory),
      table_(TombstoneOptions{store == nullptr, options_.tombstone_ttl, options_.tombstones_max}),
      conversations_(table_, store),
      retention_(clock, table_, store, {options_.tombstone_ttl}) {
  factory_.totals()->on_idle = options_.on_idle;
}

StreamInfo StreamManager::prepare(NewStream what) const {
  StreamInfo info;
  info.id = StreamId::random();
  info.retention = what.spec.ttl.count() > 0 ? what.spec.ttl : options_.retention;
  info.memory_ttl = store_ == nullptr ? info.retention : std::min(options_.memory_ttl, info.retention);
  info.spec = std::move(what.spec);
  info.skipped = std::move(what.skipped);
  info.plan = std::move(what.plan);
  info.created_at = clock_.wall();
  info.accepted = clock_.steady();
  info.trace_id = what.trace_id.empty() ? random_hex(16) : std::move(what.trace_id);
  return info;
}

Result<std::shared_ptr<Stream>> StreamManager::open(StreamInfo info,
                                                    const std::optional<core::KeyedResponse>& response) {
  auto stream = factory_.create(std::move(info));
  const bool fits = table_.with([&](StreamTable& table) {
    if (!has_space(table)) return false;
    table.insert(stream, stream->info().created_at);
    ++table.opened_total;
    return true;
  });
  if (!fits) {
    Error busy{ErrorCode::busy, "The server is at its limit of running tasks, or of memory."};
    busy.retry_after = seconds(2);
    return Failure(std::move(busy));
  }
  if (store_ != nullptr) {
    if (auto accepted = store_->accept(stored_task(stream->info(), factory_.epoch()), response); !accepted) {
      table_.with([&](StreamTable& table) { table.remove(stream->id(), clock_.steady(), EvictTo::disk); });
      return Failure(std::move(accepted.error()));
    }
  }
  announce(stream);
  return stream;
}

void StreamManager::announce_to(const std::shared_ptr<OpenedStreams>& opened) {
  listeners_.with([&](auto& listeners) {
    std::erase_if(listeners, [](const auto& listener) { return listener.expired(); });
    listeners.push_back(opened);
  });
}

void StreamManager::announce(const std::shared_ptr<Stream>& stream) {
  listeners_.with([&](const auto& listeners) {
    for (const auto& weak : listeners) {
      if (const auto listener = weak.lock()) listener->add(stream);
    }
  });
}

// Whether one more stream fits, after the eviction of idle ones if necessary.
bool StreamManager::has_space(StreamTable& table) const {
  const StreamTotals& totals = *factory_.totals();
  // The new stream is already included.
  if (totals.unfinished.load(std::memory_order_relaxed) > options_.running_tasks_max) return false;
  const auto full = [&] { return table.size() >= options_.streams_max || totals.log_bytes() > event_memory_max(); };
  const bool evicts = full();
  const std::size_t over = totals.log_bytes() - std::min(totals.log_bytes(), event_memory_max());
  if (evicts && table.evict_longest_idle(clock_.steady(), eviction(), over) == 0 && full()) return false;
  // What was evicted is freed when its owner loops have removed it; until then, it is still counted.
  return options_.memory->used() <= options_.memory->bytes_max();
}

std::size_t StreamManager::event_memory_max() const {
  return std::min(options_.event_memory_bytes_max, options_.memory->share_of(runtime::MemoryKind::tasks));
}

void StreamManager::evict_beyond_memory(StreamTable& table) const {
  const std::size_t used = factory_.totals()->log_bytes(), most = event_memory_max();
  if (used > most) table.evict_longest_idle(clock_.steady(), eviction(), used - most);
}

Result<std::shared_ptr<Stream>> StreamManager::find(const StreamId& id) {
  bool gone = false;
  auto found = table_.with([&](const StreamTable& table) -> std::shared_ptr<Stream> {
    gone = table.has_tombstone(id);
    const StreamTable::Row* row = table.find(id);
    if (row == nullptr) return nullptr;
    row->stream->touch();
    return row->stream;
  });
  if (found) return found;
  if (store_ != nullptr) return load(id);
  return Failure(gone ? core::stream_gone() : core::no_such_stream());
}

Result<std::shared_ptr<Stream>> StreamManager::load(const StreamId& id) {
  const MutexLock same_stream(load_locks_.at(id.hash() % load_locks_.size()));
  loads_.acquire();
  const std::unique_ptr<std::counting_semaphore<>, void (*)(std::counting_semaphore<>*)> release(
      &loads_, [](auto* loads) { loads->release(); });
  if (auto loaded = table_.with([&](const StreamTable& table) {
        const StreamTable::Row* row = table.find(id);  // by another thread, while this one waited
        return row == nullptr ? nullptr : row->stream;
      })) {
    loaded->touch();
    return loaded;
  }
  auto stored = store_->load(id);
  if (!stored) return Failure(std::move(stored.error()));
  const WallTime used_at = stored->task.used_at;
  auto restored = factory_.restore(*std::move(stored), options_.memory_ttl);
  if (!restored) return restored;
  return table_.with([&](StreamTable& table) {
    auto stream = table.insert(std::move(*restored), used_at);  // another thread may have loaded it first
    stream->add_subscribers(1);                                 // so that it is not evicted itself
    evict_beyond_memory(table);
    stream->add_subscribers(-1);
    stream->touch();
    return stream;
  });
}

Result<std::vector<TaskListEntry>> StreamManager::list(const core::TaskQuery& query) const {
  std::vector<TaskListEntry> entries;
  // Unfinished tasks are in memory, and the store does not know how far they are.
  if (store_ == nullptr || (query.status && !is_terminal(*query.status))) {
    std::vector<std::shared_ptr<Stream>> found;
    if (!table_.with([&](const StreamTable& table) { return table.list(query, found); }))
      return Failure(core::cursor_expired());
    for (auto& stream : found) entries.push_back({std::move(stream), {}});
    return entries;
  }
  auto stored = store_->list(query);
  if (!stored) return Failure(std::move(stored.error()));
  table_.with([&](const StreamTable& table) {
    for (core::StoredTask& task : *stored) {
      const StreamTable::Row* row = table.find(task.id);
      entries.push_back({row == nullptr ? nullptr : row->stream, std::move(task)});
    }
  });
  return entries;
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

Result<std::vector<std::string>> StreamManager::comparisons(const core::ComparisonQuery& query) const {
  if (store_ != nullptr) return store_->comparisons(query);
  return comparisons_of(table_.with([](const StreamTable& table) { return table.in_order(); }), query);
}

Result<std::vector<RecoveredStream>> StreamManager::recover() {
  std::vector<RecoveredStream> recovered;
  if (store_ == nullptr) return recovered;
  auto unfinished = store_->load_unfinished();
  if (!unfinished) return Failure(std::move(unfinished.error()));
  for (core::StoredStream& stored : *unfinished) {
    const StreamId id = stored.task.id;
    if (!stored.complete) {
      // Subscribers may have received other events under the next numbers: a new epoch makes their ids different.
      for (core::Frames& part : stored.parts) change_epoch(part, stored.task.epoch, epoch());
      stored.task.epoch = epoch();
      if (auto replaced = store_->replace(stored); !replaced) return Failure(std::move(replaced.error()));
    }
    auto restored = factory_.restore(stored, options_.memory_ttl);
    if (!restored) {
      log::error("store: stream {} cannot be restored: {}", id.str(), restored.error().message);
      continue;
    }
    table_.with([&](StreamTable& table) { table.insert(*restored, stored.task.used_at); });
    recovered.push_back({std::move(*restored), stored.task.cancel_requested, std::move(stored.parts)});
  }
  return recovered;
}

std::vector<std::shared_ptr<Stream>> StreamManager::unfinished() const {
  return table_.with([](const StreamTable& table) {
    std::vector<std::shared_ptr<Stream>> found;
    table.each([&](const StreamId&, const StreamTable::Row& row) {
      if (!row.stream->finished()) found.push_back(row.stream);
    });
    return found;
  });
}

ManagerCounts StreamManager::counts() const {
  return table_.with([](const StreamTable& table) {
    ManagerCounts counts;
    table.each([&](const StreamId&, const StreamTable::Row& row) {
      ++counts.by_status[static_cast<std::size_t>(row.stream->status())];
      counts.subscribers += static_cast<std::size_t>(row.stream->subscribers());
      counts.queue_depth += row.stream->queue_depth();
      counts.log_bytes += row.stream->bytes_held();
    });
    counts.opened_total = table.opened_total;
    counts.reaped_total = table.reaped_total;
    counts.evicted_total = table.evicted_total;
    return counts;
  });
}

}  // namespace plenum::stream
