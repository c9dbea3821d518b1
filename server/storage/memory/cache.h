// Answers in memory, bounded in bytes, number and age, evicted in least-recently-used order. With a durable store,
// every change is written there as well, and a new cache starts with its content.
#pragma once

#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "server/core/answer_cache.h"
#include "server/runtime/guarded.h"
#include "server/storage/memory/similarity_index.h"

namespace plenum::storage {

struct MemoryCacheOptions {
  std::size_t bytes_max = 64 * 1024 * 1024;  // keys, answers and embeddings together; 0: disabled
  milliseconds ttl{std::chrono::hours(24)};
  // Of one entry. At the limit the entry is removed instead: every stream that holds its answer must be able to remove
  // it.
  std::size_t streams_max = 1000;
  std::string embedding_model{};     // as provider/model; empty: tasks are not compared by similarity
  std::size_t vectors_max = 10'000;  // entries with an embedding
};

class MemoryCache final : public core::AnswerCache {
 public:
  // The clock and the store must outlive the cache. store: null if answers are lost with the process. Reads the store.
  MemoryCache(const Clock& clock, MemoryCacheOptions options, core::AnswerStore* store = nullptr);

  std::optional<core::CachedAnswer> find(const std::string& key) override;
  std::optional<core::CachedAnswer> find(const StreamId& stream) override;
  void put(const std::string& key, std::string bytes, const StreamId& stream,
           std::optional<core::TaskVector> task = std::nullopt) override;
  bool share(const std::string& key, const StreamId& stream) override;
  void remove(const StreamId& stream) override;
  void find_similar(core::TaskVector task, std::function<void(core::SimilarTasks)> found) override;
  std::size_t bytes_held() const;

 private:
  struct Entry {
    std::string key, bytes;
    SteadyTime put_at{};
    std::vector<StreamId> streams;
    std::size_t vector_bytes = 0;  // 0: similar tasks do not find it
  };
  using Position = std::list<Entry>::iterator;
  struct Table {
    std::list<Entry> by_use;                                // most recent first
    std::unordered_map<std::string_view, Position> by_key;  // keys point into the list
    std::unordered_map<StreamId, Position> by_stream;
    std::size_t bytes = 0, vectors = 0;
  };
  static std::size_t size_of(const Entry& entry);
  // Only of the configured model.
  bool is_comparable(const std::optional<core::TaskVector>& task) const;
  bool load(Table& table, core::StoredAnswer stored);
  // The entry as the most recently used one; end() if there is none, or if it has expired.
  Position use(Table& table, const std::string& key);
  Position use(Table& table, Position entry);
  void insert(Table& table, Position before, Entry entry, std::optional<core::TaskVector> task);
  void evict_beyond_limits(Table& table);
  void erase(Table& table, Position entry);

  const Clock& clock_;                            // set once
  const MemoryCacheOptions options_;              // set once
  core::AnswerStore* const store_;                // set once; called under the lock, so that it has the same order
  const std::unique_ptr<SimilarityIndex> index_;  // set once; null: tasks are not compared; likewise
  runtime::Guarded<Table> table_;                 // guarded
};

}  // namespace plenum::storage
