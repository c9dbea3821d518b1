// Answers in memory, bounded in bytes and age, evicted in least-recently-used order. Lost when the process ends.
#pragma once

#include <list>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "server/core/answer_cache.h"
#include "server/runtime/guarded.h"

namespace plenum::storage {

struct MemoryCacheOptions {
  std::size_t bytes_max = 64 * 1024 * 1024;  // keys and answers together; 0: disabled
  milliseconds ttl{std::chrono::hours(24)};
  // Of one entry. At the limit the entry is removed instead: every stream that holds its answer must be able to remove
  // it.
  std::size_t streams_max = 1000;
};

class MemoryCache final : public core::AnswerCache {
 public:
  // The clock must outlive the cache.
  MemoryCache(const Clock& clock, MemoryCacheOptions options) : clock_(clock), options_(options) {}

  std::optional<std::string> find(const std::string& key) override;
  void put(const std::string& key, std::string bytes, const StreamId& stream) override;
  bool share(const std::string& key, const StreamId& stream) override;
  void remove(const StreamId& stream) override;
  std::size_t bytes_held() const;

 private:
  struct Entry {
    std::string key, bytes;
    SteadyTime put_at{};
    std::vector<StreamId> streams;
  };
  using Position = std::list<Entry>::iterator;
  struct Table {
    std::list<Entry> by_use;                                // most recent first
    std::unordered_map<std::string_view, Position> by_key;  // keys point into the list
    std::unordered_map<StreamId, Position> by_stream;
    std::size_t bytes = 0;
  };
  // The entry as the most recently used one; end() if there is none, or if it has expired.
  Position use(Table& table, const std::string& key) const;
  static void erase(Table& table, Position entry);

  const Clock& clock_;                // set once
  const MemoryCacheOptions options_;  // set once
  runtime::Guarded<Table> table_;     // guarded
};

}  // namespace plenum::storage
