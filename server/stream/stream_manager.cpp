#include "server/stream/stream_manager.h"

#include <algorithm>

#include "common/base/strings.h"
#include "server/stream/stream_table.h"

namespace plenum::stream {

namespace {

bool has(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

// All of the words stand in the task or in the answer.
bool matches_query(const Stream& stream, std::string_view words) {
  const std::string answer =
      stream.with_state([](const StreamState& state) { return state.result ? state.result->answer : std::string(); });
  return each_word(words,
                   [&](std::string_view word) { return has(stream.info().spec.task, word) || has(answer, word); });
}

}  // namespace

StreamManager::StreamManager(runtime::EventLoopGroup& loops, const Clock& clock, LogFactory new_log,
                             ManagerOptions options, core::EventStore* store)
    : loops_(loops),
      clock_(clock),
      new_log_(std::move(new_log)),
      options_(options),
      epoch_(random_epoch()),
      store_(store),
      totals_(std::make_shared<StreamTotals>()),
      table_(std::make_unique<runtime::Guarded<Table>>()) {
  totals_->on_idle = options_.on_idle;
}

StreamManager::~StreamManager() = default;

core::DurableWriter* StreamManager::durable_writer_of(const StreamId& id) const {
  return store_ == nullptr ? nullptr : &store_->durable_writer(loops_.owner_index(id.hash()));
}

std::shared_ptr<Stream> StreamManager::insert(Table& table, std::shared_ptr<Stream> stream, WallTime use_told) const {
  const StreamId id = stream->id();
  if (const auto there = table.rows.find(id); there != table.rows.end()) return there->second.stream;
  table.by_age.push_back(id);
  table.rows.emplace(id, Table::Row{stream, std::prev(table.by_age.end()), use_told});
  return stream;
}

Result<std::shared_ptr<Stream>> StreamManager::open(NewStream what) {
  StreamInfo info;
  info.id = StreamId::random();
  info.retention = what.spec.ttl.count() > 0 ? what.spec.ttl : options_.retention;
  info.spec = std::move(what.spec);
  info.skipped = std::move(what.skipped);
  info.plan = std::move(what.plan);
  info.created_at = clock_.wall();
  info.accepted = clock_.steady();
  info.trace_id = what.trace_id.empty() ? random_hex(16) : std::move(what.trace_id);
  const StreamId id = info.id;
  StreamDependencies parts{epoch_, new_log_(), durable_writer_of(id)};
  auto stream = std::make_shared<Stream>(std::move(info), loops_.owner_loop(id.hash()), std::move(parts),
                                         options_.stream, totals_);
  const bool fits = table_->with([&](Table& table) {
    if (!make_room(table, clock_.steady())) return false;
    insert(table, stream, stream->info().created_at);
    ++table.opened_total;
    return true;
  });
  if (!fits) {
    Error busy{ErrorCode::busy, "the server holds as many running tasks as it may"};
    busy.retry_after = seconds(2);
    return Failure(std::move(busy));
  }
  const auto response = what.response ? what.response(stream) : std::nullopt;
  if (store_ != nullptr) {
    if (auto accepted = store_->accept(stored_task(*stream), response); !accepted) {
      table_->with([&](Table& table) { remove(table, id, clock_.steady(), EvictTo::memory); });
      return Failure(std::move(accepted.error()));
    }
  }
  return stream;
}

// Whether one more stream fits, after idle ones have left as far as that was needed.
bool StreamManager::make_room(Table& table, SteadyTime now) const {
  // The new stream counts itself already.
  if (totals_->unfinished.load(std::memory_order_relaxed) > options_.running_tasks_max) return false;
  const auto full = [&] {
    return table.rows.size() >= options_.streams_max ||
           totals_->log_bytes.load(std::memory_order_relaxed) > options_.event_memory_bytes_max;
  };
  return !full() || evict(table, now) > 0 || !full();
}

// Removes the longest idle twentieth of the streams (at least one), so that a full world does not look
// through all of them for every newcomer. Returns how many left.
std::size_t StreamManager::evict(Table& table, SteadyTime now) const {
  std::vector<std::pair<SteadyTime, StreamId>> idle;
  for (const auto& [id, row] : table.rows) {
    if (const auto since = row.stream->idle_since()) idle.emplace_back(*since, id);
  }
  const std::size_t leaving = std::min(idle.size(), std::max<std::size_t>(1, table.rows.size() / 20));
  std::nth_element(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(leaving), idle.end());
  const auto how = store_ == nullptr ? EvictTo::for_good : EvictTo::memory;
  for (std::size_t i = 0; i < leaving; ++i) remove(table, idle[i].second, now, how);
  table.evicted_total += leaving;
  return leaving;
}

// The stream itself ends at owner_loop, where its observers are told. One that leaves for good answers 410 from now on.
void StreamManager::remove(Table& table, const StreamId& id, SteadyTime now, EvictTo how) const {
  const auto row = table.rows.find(id);
  if (row != table.rows.end()) {
    auto stream = std::move(row->second.stream);
    table.by_age.erase(row->second.place);
    table.rows.erase(row);
    runtime::EventLoop& owner_loop = stream->owner_loop();
    owner_loop.post([stream = std::move(stream)] { stream->remove(); });
  }
  if (how == EvictTo::memory || store_ != nullptr) return;  // the store remembers who is gone
  table.tombstones.insert(id);
  table.graves.push_back({id, now + options_.tombstone_ttl});
  if (table.graves.size() > options_.tombstones_max) {
    table.tombstones.erase(table.graves.front().id);
    table.graves.pop_front();
  }
}

Result<std::shared_ptr<Stream>> StreamManager::find(const StreamId& id) {
  bool gone = false;
  auto found = table_->with([&](const Table& table) -> std::shared_ptr<Stream> {
    gone = table.tombstones.contains(id);
    const auto row = table.rows.find(id);
    if (row == table.rows.end()) return nullptr;
    row->second.stream->touch();
    return row->second.stream;
  });
  if (found) return found;
  if (store_ != nullptr) return load(id);
  return Failure(gone ? core::stream_gone() : core::no_such_stream());
}

Result<std::vector<TaskListEntry>> StreamManager::list(const core::TaskQuery& query) const {
  std::vector<TaskListEntry> found;
  if (store_ != nullptr) {
    auto stored = store_->list(query);
    if (!stored) return Failure(std::move(stored.error()));
    table_->with([&](const Table& table) {
      for (core::StoredTask& task : *stored) {
        const auto row = table.rows.find(task.id);
        found.push_back({row == table.rows.end() ? nullptr : row->second.stream, std::move(task)});
      }
    });
    return found;
  }
  const bool known = table_->with([&](const Table& table) {
    auto next = table.by_age.end();
    if (query.before) {
      const auto row = table.rows.find(*query.before);
      if (row == table.rows.end()) return false;
      next = row->second.place;
    }
    while (next != table.by_age.begin() && found.size() < query.limit) {
      const auto& stream = table.rows.at(*--next).stream;
      if (matches_query(*stream, query.words)) found.push_back({stream, {}});
    }
    return true;
  });
  if (known) return found;
  return Failure(core::cursor_expired());
}

Result<void> StreamManager::purge(const StreamId& id) {
  if (store_ != nullptr) {
    if (auto gone = store_->remove({id}, clock_.wall() + options_.tombstone_ttl, core::Removal::explicit_); !gone)
      return gone;
  }
  table_->with([&](Table& table) { remove(table, id, clock_.steady(), EvictTo::for_good); });
  return {};
}

std::vector<std::shared_ptr<Stream>> StreamManager::unfinished() const {
  return table_->with([](const Table& table) {
    std::vector<std::shared_ptr<Stream>> found;
    for (const auto& [id, row] : table.rows) {
      if (!row.stream->finished()) found.push_back(row.stream);
    }
    return found;
  });
}

ManagerCounts StreamManager::counts() const {
  return table_->with([](const Table& table) {
    ManagerCounts counts;
    for (const auto& [id, row] : table.rows) {
      ++counts.by_status[static_cast<std::size_t>(row.stream->status())];
      counts.subscribers += static_cast<std::size_t>(row.stream->subscribers());
      counts.queue_depth += row.stream->queue_depth();
      counts.log_bytes += row.stream->bytes_held();
    }
    counts.opened_total = table.opened_total;
    counts.reaped_total = table.reaped_total;
    counts.evicted_total = table.evicted_total;
    return counts;
  });
}

void StreamManager::reap() {
  if (store_ != nullptr) return reap_stored();
  const SteadyTime now = clock_.steady();
  table_->with([&](Table& table) {
    std::vector<StreamId> over;
    for (const auto& [id, row] : table.rows) {
      const auto idle = row.stream->idle_since();
      if (idle && now - *idle >= row.stream->info().retention) over.push_back(id);
    }
    for (const auto& id : over) remove(table, id, now, EvictTo::for_good);
    table.reaped_total += over.size();
    while (!table.graves.empty() && table.graves.front().until <= now) {
      table.tombstones.erase(table.graves.front().id);
      table.graves.pop_front();
    }
  });
}

}  // namespace plenum::stream
