// Answers in memory, bounded in bytes and age, evicted in least-recently-used order. Lost when the process ends.
#pragma once

#include <list>
#include <unordered_map>

#include "common/base/clock.h"
#include "server/core/answer_cache.h"
#include "server/runtime/guarded.h"

namespace plenum::storage {

struct MemoryCacheOptions {
  std::size_t bytes_max = 64 * 1024 * 1024;  // keys and answers together; 0: disabled
  milliseconds ttl{std::chrono::hours(24)};
};

class MemoryCache final : public core::AnswerCache {
 public:
  // The clock must outlive the cache.
  MemoryCache(const Clock& clock, MemoryCacheOptions options) : clock_(clock), options_(options) {}

  std::optional<std::string> find(const std::string& key) override;
  void put(const std::string& key, std::string bytes) override;
  std::size_t bytes_held() const;

 private:
  struct Entry {
    std::string key, bytes;
    SteadyTime put_at{};
  };
  struct Table {
    std::list<Entry> by_use;                                                  // most recent first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;  // keys point into the list
    std::size_t bytes = 0;
  };
  static void remove(Table& table, std::list<Entry>::iterator entry);

  const Clock& clock_;                // set once
  const MemoryCacheOptions options_;  // set once
  runtime::Guarded<Table> table_;     // guarded
};

}  // namespace plenum::storage
