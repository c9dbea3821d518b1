// Bodies that are expensive to make and the same for every reader: made once, and held while a reader receives them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "common/base/mutex.h"
#include "common/base/result.h"
#include "server/http/message/response_body.h"
#include "server/redaction/scrubber.h"

namespace plenum::http {

// Any thread; a loop only with keys that are its own, because a call waits for another one with the same key.
class SharedRenders {
 public:
  SharedRenders(std::shared_ptr<runtime::MemoryBudget> memory, redaction::Scrubber scrubber)
      : memory_(std::move(memory)), scrubber_(std::move(scrubber)) {}

  // The body with this key, rendered and redacted now unless a reader holds it. The key contains everything that the
  // body depends on. working_bytes: memory that rendering takes at most; it is charged before. Fails with busy if it
  // does not fit.
  Result<SharedBodyPtr> get(const std::string& key, std::size_t working_bytes,
                            const std::function<std::string()>& render);

 private:
  Result<SharedBodyPtr> make(std::size_t working_bytes, const std::function<std::string()>& render) const;
  void forget_expired() REQUIRES(mutex_);

  const std::shared_ptr<runtime::MemoryBudget> memory_;  // set once
  const redaction::Scrubber scrubber_;                   // set once
  Mutex mutex_;
  ConditionVariable finished_;  // a key is no longer in progress
  std::unordered_map<std::string, std::weak_ptr<const SharedBody>> bodies_ GUARDED_BY(mutex_);
  std::unordered_set<std::string> in_progress_ GUARDED_BY(mutex_);
  std::size_t forget_at_ GUARDED_BY(mutex_) = 64;  // number of entries at which expired ones are removed
};

// The error of a request for which there is no memory.
Error out_of_memory();

}  // namespace plenum::http
