#include "server/storage/memory/cache.h"

#include <utility>

namespace plenum::storage {

namespace {
// List node, table node and two allocations.
constexpr std::size_t entry_overhead = 256;
}  // namespace

std::optional<std::string> MemoryCache::find(const std::string& key) {
  const SteadyTime now = clock_.steady();
  return table_.with([&](Table& table) -> std::optional<std::string> {
    const auto found = table.by_key.find(key);
    if (found == table.by_key.end()) return std::nullopt;
    const auto entry = found->second;
    if (now - entry->put_at >= options_.ttl) {
      remove(table, entry);
      return std::nullopt;
    }
    table.by_use.splice(table.by_use.begin(), table.by_use, entry);
    return entry->bytes;
  });
}

void MemoryCache::put(const std::string& key, std::string bytes) {
  const SteadyTime now = clock_.steady();
  table_.with([&](Table& table) {
    if (const auto found = table.by_key.find(key); found != table.by_key.end()) remove(table, found->second);
    const std::size_t size = key.size() + bytes.size() + entry_overhead;
    if (size > options_.bytes_max) return;
    while (table.bytes + size > options_.bytes_max) remove(table, std::prev(table.by_use.end()));
    table.by_use.push_front({key, std::move(bytes), now});
    table.by_key.emplace(table.by_use.front().key, table.by_use.begin());
    table.bytes += size;
  });
}

std::size_t MemoryCache::bytes_held() const {
  return table_.with([](const Table& table) { return table.bytes; });
}

void MemoryCache::remove(Table& table, std::list<Entry>::iterator entry) {
  table.bytes -= entry->key.size() + entry->bytes.size() + entry_overhead;
  table.by_key.erase(entry->key);
  table.by_use.erase(entry);
}

}  // namespace plenum::storage
