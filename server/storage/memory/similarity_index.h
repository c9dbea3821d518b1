// The tasks of cached answers, by the similarity of their embeddings. One thread does all the work: adding a vector to
// a large index takes about a millisecond, for which an event loop must not be blocked.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "server/core/answer_cache.h"
#include "server/runtime/thread_pool.h"
#include "server/storage/memory/vector_index.h"

namespace plenum::storage {

// Any thread.
class SimilarityIndex {
 public:
  SimilarityIndex();
  ~SimilarityIndex();  // drops waiting work; the callbacks of waiting searches are destroyed without a call

  // Work is done in the order of the calls.
  void add(const std::string& key, core::TaskVector task);
  void remove(const std::string& key);
  // Calls `found` on the index's thread. With too many searches waiting, it finds nothing.
  void search(core::TaskVector task, std::size_t limit, std::function<void(core::SimilarTasks)> found);

 private:
  struct Group {
    VectorIndex vectors;
    std::unordered_map<VectorIndex::Label, std::string> keys;
  };
  struct Row {
    std::string group, text;
    VectorIndex::Label label = 0;
  };
  core::SimilarTasks find(const core::TaskVector& task, std::size_t limit) const;
  void erase(const std::string& key);

  std::unordered_map<std::string, Group> groups_;  // index thread only: by conditions and dimension
  std::unordered_map<std::string, Row> rows_;      // index thread only: by key
  VectorIndex::Label next_ = 1;                    // index thread only
  runtime::ThreadPool thread_;                     // last: ends before what it uses
};

}  // namespace plenum::storage
