// Cache of model answers: an answer is found by everything that it depends on, or by a similar task.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"

namespace plenum::core {

// The text of a task and its embedding.
struct TaskVector {
  std::string conditions;     // key of everything else that the answer depends on; only equal ones are compared
  std::string text;           // of the task
  std::string model;          // that computed the embedding, as provider/model; only equal ones are compared
  std::vector<float> values;  // of length 1
};

struct CachedAnswer {
  std::string bytes;  // opaque to the cache: the caller validates them after reading
  StreamId stream;    // that produced the answer
};

// A cached task that is similar to another one.
struct SimilarTask {
  std::string key;
  std::string text;
  double similarity = 0;  // cosine
};

// Most similar first.
using SimilarTasks = std::vector<SimilarTask>;

// The cache, as the run of one task uses it. Any thread.
class AnswerRecorder {
 public:
  virtual ~AnswerRecorder() = default;
  // Stores the complete answer of the task. `task`: absent if similar tasks are not answered from it.
  virtual void put(const std::string& key, std::string bytes, std::optional<TaskVector> task) = 0;
  // Calls `found` once, on any thread, also from inside this call.
  virtual void find_similar(TaskVector task, std::function<void(SimilarTasks)> found) = 0;
  // The answer of another task; the entry belongs to this task as well from now on. Nothing if the entry is gone.
  virtual std::optional<CachedAnswer> take(const std::string& key) = 0;
};

// Any thread.
// An entry belongs to the streams that hold its answer: the one that produced it, and those that were answered from it.
class AnswerCache {
 public:
  virtual ~AnswerCache() = default;
  // Nothing if the key is unknown or expired.
  virtual std::optional<CachedAnswer> find(const std::string& key) = 0;
  // The entry that belongs to the stream.
  virtual std::optional<CachedAnswer> find(const StreamId& stream) = 0;
  // Replaces the value of the key; the entry belongs to `stream` alone. A value larger than the cache is not stored.
  virtual void put(const std::string& key, std::string bytes, const StreamId& stream,
                   std::optional<TaskVector> task) = 0;
  // The stream is answered from the entry. False if the entry is gone: the answer must not be used then.
  virtual bool share(const std::string& key, const StreamId& stream) = 0;
  // Removes the entry that belongs to the stream, also if it belongs to others as well.
  virtual void remove(const StreamId& stream) = 0;
  // Calls `found` once, on any thread, also from inside this call. Entries may be gone by then.
  virtual void find_similar(TaskVector task, std::function<void(SimilarTasks)> found) = 0;
};

// An entry of the cache beyond the memory of this process.
struct StoredAnswer {
  std::string key, bytes;
  std::vector<StreamId> streams;  // that it belongs to; the first one produced it
  WallTime put_at{}, used_at{};
  std::optional<TaskVector> task;
};

// Durable storage of a cache. Any thread. Writes never block; they are dropped while the disk fails. Deleting a task
// from its event store deletes the entries that belong to it in the same transaction.
class AnswerStore {
 public:
  virtual ~AnswerStore() = default;
  // Calls `load` for each intact entry of the current format, the most recently used one first, and deletes the others
  // and those for which it returns false. Blocks on the disk.
  virtual void load_answers(const std::function<bool(StoredAnswer)>& load) = 0;
  virtual void put_answer(StoredAnswer answer) = 0;
  virtual void share_answer(const std::string& key, const StreamId& stream, WallTime now) = 0;
  virtual void remove_answer(const std::string& key) = 0;
};

}  // namespace plenum::core
