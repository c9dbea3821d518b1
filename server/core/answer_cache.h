// Cache of model answers, keyed by everything that an answer depends on.
#pragma once

#include <optional>
#include <string>

#include "common/base/ids.h"

namespace plenum::core {

// Stores the complete answer of one task. Any thread.
class AnswerRecorder {
 public:
  virtual ~AnswerRecorder() = default;
  virtual void put(const std::string& key, std::string bytes) = 0;
};

// Any thread. Values are opaque bytes: the caller validates them after reading.
// An entry belongs to the streams that hold its answer: the one that produced it, and those that were answered from it.
class AnswerCache {
 public:
  virtual ~AnswerCache() = default;
  // nullopt if the key is unknown or expired.
  virtual std::optional<std::string> find(const std::string& key) = 0;
  // Replaces the value of the key; the entry belongs to `stream` alone. A value larger than the cache is not stored.
  virtual void put(const std::string& key, std::string bytes, const StreamId& stream) = 0;
  // The stream is answered from the entry. False if the entry is gone: the answer must not be used then.
  virtual bool share(const std::string& key, const StreamId& stream) = 0;
  // Removes the entry that belongs to the stream, also if it belongs to others as well.
  virtual void remove(const StreamId& stream) = 0;
};

}  // namespace plenum::core
