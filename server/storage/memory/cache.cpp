#include "server/storage/memory/cache.h"

#include <algorithm>
#include <utility>

namespace plenum::storage {

namespace {

// List node, table node and two allocations.
constexpr std::size_t entry_overhead = 256;
// An id in the entry, and its table node.
constexpr std::size_t stream_overhead = 96;
// Of an embedding: its links in the index and the rows that name it.
constexpr std::size_t vector_overhead = 512;
constexpr std::size_t similar_tasks_max = 8;

std::size_t bytes_of(const core::TaskVector& task) {
  return task.values.size() * sizeof(float) + task.conditions.size() + task.text.size() + vector_overhead;
}

}  // namespace

MemoryCache::MemoryCache(const Clock& clock, MemoryCacheOptions options, core::AnswerStore* store)
    : clock_(clock),
      options_(std::move(options)),
      store_(store),
      index_(options_.embedding_model.empty() ? nullptr : std::make_unique<SimilarityIndex>()) {
  if (store_ == nullptr) return;
  store_->load_answers([this](core::StoredAnswer stored) {
    return table_.with([&](Table& table) { return load(table, std::move(stored)); });
  });
}

std::optional<core::CachedAnswer> MemoryCache::find(const std::string& key) {
  return table_.with([&](Table& table) -> std::optional<core::CachedAnswer> {
    const Position entry = use(table, key);
    if (entry == table.by_use.end()) return std::nullopt;
    return core::CachedAnswer{entry->bytes, entry->streams.front()};
  });
}

std::optional<core::CachedAnswer> MemoryCache::find(const StreamId& stream) {
  return table_.with([&](Table& table) -> std::optional<core::CachedAnswer> {
    const auto found = table.by_stream.find(stream);
    if (found == table.by_stream.end()) return std::nullopt;
    const Position entry = use(table, found->second);
    if (entry == table.by_use.end()) return std::nullopt;
    return core::CachedAnswer{entry->bytes, entry->streams.front()};
  });
}

void MemoryCache::put(const std::string& key, std::string bytes, const StreamId& stream,
                      std::optional<core::TaskVector> task) {
  const SteadyTime now = clock_.steady();
  const WallTime wall = clock_.wall();
  table_.with([&](Table& table) {
    if (const auto found = table.by_key.find(key); found != table.by_key.end()) erase(table, found->second);
    if (const auto found = table.by_stream.find(stream); found != table.by_stream.end()) erase(table, found->second);
    if (!is_comparable(task)) task.reset();
    Entry entry{key, std::move(bytes), now, {stream}, task ? bytes_of(*task) : 0};
    if (size_of(entry) > options_.bytes_max) return;
    if (store_ != nullptr) store_->put_answer({entry.key, entry.bytes, entry.streams, wall, wall, task});
    insert(table, table.by_use.begin(), std::move(entry), std::move(task));
    evict_beyond_limits(table);
  });
}

bool MemoryCache::share(const std::string& key, const StreamId& stream) {
  return table_.with([&](Table& table) {
    const Position entry = use(table, key);
    if (entry == table.by_use.end()) return false;
    if (entry->streams.size() >= options_.streams_max) {
      erase(table, entry);
      return false;
    }
    entry->streams.push_back(stream);
    table.by_stream.emplace(stream, entry);
    table.bytes += stream_overhead;
    if (store_ != nullptr) store_->share_answer(key, stream, clock_.wall());
    evict_beyond_limits(table);  // the entry itself is the last one
    return table.by_key.contains(key);
  });
}

void MemoryCache::remove(const StreamId& stream) {
  table_.with([&](Table& table) {
    if (const auto found = table.by_stream.find(stream); found != table.by_stream.end()) erase(table, found->second);
  });
}

void MemoryCache::find_similar(core::TaskVector task, std::function<void(core::SimilarTasks)> found) {
  if (index_ == nullptr || !is_comparable(task)) return found({});
  index_->search(std::move(task), similar_tasks_max, std::move(found));
}

std::size_t MemoryCache::bytes_held() const {
  return table_.with([](const Table& table) { return table.bytes; });
}

std::size_t MemoryCache::size_of(const Entry& entry) {
  return entry.key.size() + entry.bytes.size() + entry_overhead + entry.streams.size() * stream_overhead +
         entry.vector_bytes;
}

bool MemoryCache::is_comparable(const std::optional<core::TaskVector>& task) const {
  return task && index_ != nullptr && task->model == options_.embedding_model;
}

// Entries arrive in the order of their use; those beyond a limit are not loaded. A time in the future is a clock that
// was set back: the age counts from now.
bool MemoryCache::load(Table& table, core::StoredAnswer stored) {
  const auto age = std::max<milliseconds>(clock_.wall() - stored.put_at, milliseconds(0));
  if (age >= options_.ttl || stored.streams.empty() || table.by_key.contains(stored.key)) return false;
  const auto is_known = [&](const StreamId& stream) { return table.by_stream.contains(stream); };
  if (std::any_of(stored.streams.begin(), stored.streams.end(), is_known)) return false;
  if (!is_comparable(stored.task)) stored.task.reset();
  Entry entry{std::move(stored.key), std::move(stored.bytes), clock_.steady() - age, std::move(stored.streams),
              stored.task ? bytes_of(*stored.task) : 0};
  if (table.bytes + size_of(entry) > options_.bytes_max) return false;
  if (stored.task && table.vectors >= options_.vectors_max) return false;
  insert(table, table.by_use.end(), std::move(entry), std::move(stored.task));
  return true;
}

MemoryCache::Position MemoryCache::use(Table& table, const std::string& key) {
  const auto found = table.by_key.find(key);
  return found == table.by_key.end() ? table.by_use.end() : use(table, found->second);
}

MemoryCache::Position MemoryCache::use(Table& table, Position entry) {
  if (clock_.steady() - entry->put_at >= options_.ttl) {
    erase(table, entry);
    return table.by_use.end();
  }
  table.by_use.splice(table.by_use.begin(), table.by_use, entry);
  return entry;
}

void MemoryCache::insert(Table& table, Position before, Entry entry, std::optional<core::TaskVector> task) {
  const Position added = table.by_use.insert(before, std::move(entry));
  table.by_key.emplace(added->key, added);
  for (const StreamId& stream : added->streams) table.by_stream.emplace(stream, added);
  table.bytes += size_of(*added);
  if (!task) return;
  ++table.vectors;
  index_->add(added->key, *std::move(task));
}

void MemoryCache::evict_beyond_limits(Table& table) {
  while (table.bytes > options_.bytes_max || table.vectors > options_.vectors_max) {
    erase(table, std::prev(table.by_use.end()));
  }
}

void MemoryCache::erase(Table& table, Position entry) {
  table.bytes -= size_of(*entry);
  if (entry->vector_bytes > 0) {
    --table.vectors;
    index_->remove(entry->key);
  }
  if (store_ != nullptr) store_->remove_answer(entry->key);
  for (const StreamId& stream : entry->streams) table.by_stream.erase(stream);
  table.by_key.erase(entry->key);
  table.by_use.erase(entry);
}

}  // namespace plenum::storage
