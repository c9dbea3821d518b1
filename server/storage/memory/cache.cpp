#include "server/storage/memory/cache.h"

#include <utility>

namespace plenum::storage {

namespace {

// List node, table node and two allocations.
constexpr std::size_t entry_overhead = 256;
// An id in the entry, and its table node.
constexpr std::size_t stream_overhead = 96;

}  // namespace

std::optional<std::string> MemoryCache::find(const std::string& key) {
  return table_.with([&](Table& table) -> std::optional<std::string> {
    const Position entry = use(table, key);
    if (entry == table.by_use.end()) return std::nullopt;
    return entry->bytes;
  });
}

void MemoryCache::put(const std::string& key, std::string bytes, const StreamId& stream) {
  const SteadyTime now = clock_.steady();
  table_.with([&](Table& table) {
    if (const auto found = table.by_key.find(key); found != table.by_key.end()) erase(table, found->second);
    if (const auto found = table.by_stream.find(stream); found != table.by_stream.end()) erase(table, found->second);
    const std::size_t size = key.size() + bytes.size() + entry_overhead + stream_overhead;
    if (size > options_.bytes_max) return;
    while (table.bytes + size > options_.bytes_max) erase(table, std::prev(table.by_use.end()));
    table.by_use.push_front({key, std::move(bytes), now, {stream}});
    table.by_key.emplace(table.by_use.front().key, table.by_use.begin());
    table.by_stream.emplace(stream, table.by_use.begin());
    table.bytes += size;
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
    // The entry itself is the last one.
    while (table.bytes > options_.bytes_max) erase(table, std::prev(table.by_use.end()));
    return table.by_key.contains(key);
  });
}

void MemoryCache::remove(const StreamId& stream) {
  table_.with([&](Table& table) {
    if (const auto found = table.by_stream.find(stream); found != table.by_stream.end()) erase(table, found->second);
  });
}

std::size_t MemoryCache::bytes_held() const {
  return table_.with([](const Table& table) { return table.bytes; });
}

MemoryCache::Position MemoryCache::use(Table& table, const std::string& key) const {
  const auto found = table.by_key.find(key);
  if (found == table.by_key.end()) return table.by_use.end();
  const Position entry = found->second;
  if (clock_.steady() - entry->put_at >= options_.ttl) {
    erase(table, entry);
    return table.by_use.end();
  }
  table.by_use.splice(table.by_use.begin(), table.by_use, entry);
  return entry;
}

void MemoryCache::erase(Table& table, Position entry) {
  table.bytes -= entry->key.size() + entry->bytes.size() + entry_overhead + entry->streams.size() * stream_overhead;
  for (const StreamId& stream : entry->streams) table.by_stream.erase(stream);
  table.by_key.erase(entry->key);
  table.by_use.erase(entry);
}

}  // namespace plenum::storage
