#include "server/stream/stream_retention.h"

#include <algorithm>
#include <utility>

#include "server/telemetry/log.h"

namespace plenum::stream {

namespace {
constexpr std::size_t removals_max = 200;  // per transaction, so that tasks that are being submitted do not wait long
constexpr int quota_rounds_max = 20;
// A use is written at most once a minute, and before eviction always.
constexpr auto use_stored_every = seconds(60);
constexpr auto use_stored_at_eviction = seconds(1);
}  // namespace

WallTime StreamRetention::last_use(const Stream& stream) const {
  const auto since = stream.unattended_since().value_or(clock_.steady());
  return clock_.wall() - std::chrono::duration_cast<milliseconds>(clock_.steady() - since);
}

void StreamRetention::reap() {
  if (store_ != nullptr) {
    reap_store();
  } else {
    reap_memory();
  }
}

void StreamRetention::reap_memory() {
  const SteadyTime now = clock_.steady();
  table_.with([&](StreamTable& table) {
    std::vector<StreamId> expired;
    table.each([&](const StreamId& id, const StreamTable::Row& row) {
      const auto idle = row.stream->idle_since();
      if (idle && now - *idle >= row.stream->info().retention) expired.push_back(id);
    });
    for (const auto& id : expired) table.remove(id, now, EvictTo::nothing);
    table.reaped_total += expired.size();
    table.remove_expired_tombstones(now);
  });
}

void StreamRetention::reap_store() {
  std::vector<StreamId> expired = evict_idle();
  if (auto stored = store_->expired(clock_.wall(), removals_max)) {
    table_.with([&](const StreamTable& table) {
      // The last use of a stream in memory is more recent than the one in the store.
      for (const StreamId& id : *stored) {
        if (table.find(id) == nullptr) expired.push_back(id);
      }
    });
  }
  if (!remove_old(expired)) return;
  std::size_t removed = 0;
  for (int rounds = 0; rounds < quota_rounds_max; ++rounds) {
    const std::vector<StreamId> oldest = over_quota();
    if (oldest.empty() || !remove_old(oldest)) break;
    removed += oldest.size();
  }
  if (removed > 0) log::info("store: deleted the {} oldest tasks to stay within store_bytes_max", removed);
}

// Stores the last use of the streams in memory, evicts the idle ones, and returns those whose retention has passed.
std::vector<StreamId> StreamRetention::evict_idle() {
  const SteadyTime now = clock_.steady();
  std::vector<std::pair<StreamId, WallTime>> uses;
  std::vector<StreamId> expired;
  table_.with([&](StreamTable& table) {
    std::vector<StreamId> evicted;
    table.each([&](const StreamId& id, StreamTable::Row& row) {
      if (!row.stream->finished()) return;
      const auto idle = row.stream->idle_since();
      const bool evicts = idle && now - *idle >= row.stream->info().memory_ttl;
      const WallTime use = last_use(*row.stream);
      if (use - row.stored_use >= (evicts ? use_stored_at_eviction : use_stored_every))
        uses.emplace_back(id, row.stored_use = use);
      if (!idle) return;
      if (now - *idle >= row.stream->info().retention) {
        expired.push_back(id);
      } else if (evicts) {
        evicted.push_back(id);
      }
    });
    for (const StreamId& id : evicted) table.remove(id, now, EvictTo::disk);
    table.evicted_total += evicted.size();
  });
  if (!uses.empty()) store_->touch(std::move(uses));
  return expired;
}

// The oldest streams of the store, except those with subscribers.
std::vector<StreamId> StreamRetention::over_quota() const {
  auto oldest = store_->over_quota(removals_max);
  if (!oldest || oldest->empty()) return {};
  table_.with([&](const StreamTable& table) {
    std::erase_if(*oldest, [&](const StreamId& id) {
      const StreamTable::Row* row = table.find(id);
      return row != nullptr && !row->stream->idle_since();
    });
  });
  return *std::move(oldest);
}

bool StreamRetention::remove_old(const std::vector<StreamId>& ids) {
  if (ids.empty()) return true;
  if (const auto removed = remove(ids, core::Removal::by_age); !removed) {
    log::warning("store: {} expired tasks were not deleted: {}", ids.size(), removed.error().message);
    return false;
  }
  table_.with([&](StreamTable& table) { table.reaped_total += ids.size(); });
  return true;
}

Result<void> StreamRetention::remove(const std::vector<StreamId>& ids, core::Removal removal) {
  if (store_ != nullptr) {
    if (auto removed = store_->remove(ids, clock_.wall() + options_.tombstone_ttl, removal); !removed) return removed;
  }
  table_.with([&](StreamTable& table) {
    for (const StreamId& id : ids) table.remove(id, clock_.steady(), EvictTo::nothing);
  });
  return {};
}

}  // namespace plenum::stream
