#include "server/stream/stream_manager.h"

#include <algorithm>
#include <deque>
#include <list>
#include <unordered_set>

namespace plenum::stream {

// Streams by id and in the order in which they were opened, and the ids of those that are gone.
struct StreamManager::Table {
  struct Row {
    std::shared_ptr<Stream> stream;
    std::list<StreamId>::iterator place;
  };
  struct Grave {
    StreamId id;
    SteadyTime until;
  };
  std::unordered_map<StreamId, Row> rows;
  std::list<StreamId> by_age;  // oldest first
  std::unordered_set<StreamId> tombstones;
  std::deque<Grave> graves;  // oldest first
  std::uint64_t opened_total = 0, reaped_total = 0, evicted_total = 0;
};

StreamManager::StreamManager(runtime::Loops& loops, const Clock& clock, LogFactory new_log, ManagerOptions options)
    : loops_(loops),
      clock_(clock),
      new_log_(std::move(new_log)),
      options_(options),
      epoch_(random_epoch()),
      totals_(std::make_shared<StreamTotals>()),
      table_(std::make_unique<runtime::Guarded<Table>>()) {}

StreamManager::~StreamManager() = default;

Result<std::shared_ptr<Stream>> StreamManager::open(TaskSpec spec, std::vector<SkippedMember> skipped) {
  StreamFacts facts;
  facts.id = StreamId::random();
  facts.spec = std::move(spec);
  facts.skipped = std::move(skipped);
  facts.created_at = clock_.wall();
  facts.accepted = clock_.steady();
  facts.trace_id = random_hex(16);
  const StreamId id = facts.id;
  auto stream =
      std::make_shared<Stream>(std::move(facts), loops_.home(id.hash()), epoch_, new_log_(), options_.stream, totals_);
  return table_->with([&](Table& table) -> Result<std::shared_ptr<Stream>> {
    if (!make_room(table, clock_.steady())) {
      Error busy{ErrorCode::busy, "the server holds as many running tasks as it may"};
      busy.retry_after = seconds(2);
      return Failure(std::move(busy));
    }
    table.by_age.push_back(id);
    table.rows.emplace(id, Table::Row{stream, std::prev(table.by_age.end())});
    ++table.opened_total;
    return stream;
  });
}

// Whether one more stream fits, after idle ones have left as far as that was needed.
bool StreamManager::make_room(Table& table, SteadyTime now) const {
  // The new stream counts itself already.
  if (totals_->unfinished.load(std::memory_order_relaxed) > options_.running_max) return false;
  const auto full = [&] {
    return table.rows.size() >= options_.streams_max ||
           totals_->log_bytes.load(std::memory_order_relaxed) > options_.log_bytes_max;
  };
  return !full() || evict(table, now) > 0 || !full();
}

// Removes the longest idle twentieth of the streams (at least one), so that a full house does not look
// through all of them for every newcomer. Returns how many left.
std::size_t StreamManager::evict(Table& table, SteadyTime now) const {
  std::vector<std::pair<SteadyTime, StreamId>> idle;
  for (const auto& [id, row] : table.rows) {
    if (const auto since = row.stream->idle_since()) idle.emplace_back(*since, id);
  }
  const std::size_t leaving = std::min(idle.size(), std::max<std::size_t>(1, table.rows.size() / 20));
  std::nth_element(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(leaving), idle.end());
  for (std::size_t i = 0; i < leaving; ++i) remove(table, idle[i].second, now);
  table.evicted_total += leaving;
  return leaving;
}

// From now on the id answers 410. The stream itself ends at home, where its watchers are told.
void StreamManager::remove(Table& table, const StreamId& id, SteadyTime now) const {
  const auto row = table.rows.find(id);
  auto stream = std::move(row->second.stream);
  table.by_age.erase(row->second.place);
  table.rows.erase(row);
  table.tombstones.insert(id);
  table.graves.push_back({id, now + options_.tombstone_life});
  if (table.graves.size() > options_.tombstones_max) {
    table.tombstones.erase(table.graves.front().id);
    table.graves.pop_front();
  }
  runtime::EventLoop& home = stream->home();
  home.post([stream = std::move(stream)] { stream->remove(); });
}

tl::expected<std::shared_ptr<Stream>, Absence> StreamManager::find(const StreamId& id) const {
  return table_->with([&](const Table& table) -> tl::expected<std::shared_ptr<Stream>, Absence> {
    const auto row = table.rows.find(id);
    if (row == table.rows.end())
      return tl::unexpected(table.tombstones.contains(id) ? Absence::gone : Absence::unknown);
    row->second.stream->touch();
    return row->second.stream;
  });
}

std::optional<std::vector<std::shared_ptr<Stream>>> StreamManager::list(std::size_t limit,
                                                                        const std::optional<StreamId>& before) const {
  using Page = std::vector<std::shared_ptr<Stream>>;
  return table_->with([&](const Table& table) -> std::optional<Page> {
    Page found;
    auto next = table.by_age.end();
    if (before) {
      const auto row = table.rows.find(*before);
      if (row == table.rows.end()) return std::nullopt;
      next = row->second.place;
    }
    while (next != table.by_age.begin() && found.size() < limit) found.push_back(table.rows.at(*--next).stream);
    return found;
  });
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
      counts.readers += static_cast<std::size_t>(row.stream->readers());
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
  const SteadyTime now = clock_.steady();
  table_->with([&](Table& table) {
    std::vector<StreamId> over;
    for (const auto& [id, row] : table.rows) {
      const auto idle = row.stream->idle_since();
      if (idle && now - *idle >= row.stream->facts().spec.ttl) over.push_back(id);
    }
    for (const auto& id : over) remove(table, id, now);
    table.reaped_total += over.size();
    while (!table.graves.empty() && table.graves.front().until <= now) {
      table.tombstones.erase(table.graves.front().id);
      table.graves.pop_front();
    }
  });
}

}  // namespace plenum::stream
