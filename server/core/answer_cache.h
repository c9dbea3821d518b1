// Cache of model answers, keyed by everything that an answer depends on.
#pragma once

#include <optional>
#include <string>

namespace plenum::core {

// Any thread. Values are opaque bytes: the caller validates them after reading.
class AnswerCache {
 public:
  virtual ~AnswerCache() = default;
  // nullopt if the key is unknown or expired.
  virtual std::optional<std::string> find(const std::string& key) = 0;
  // Replaces the value of the key. A value larger than the cache is not stored.
  virtual void put(const std::string& key, std::string bytes) = 0;
};

}  // namespace plenum::core
