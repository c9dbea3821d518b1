// Executes a request once per Idempotency-Key: a client that repeats a request because the response was lost gets the
// first response again, and pays once. A durable store holds responses with their tasks, and none is held in memory;
// without one, this class holds the recent ones for a day.
// Source: draft-ietf-httpapi-idempotency-key-header-07.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "common/base/result.h"
#include "server/core/event_store.h"
#include "server/http/message/response.h"
#include "server/runtime/memory_budget.h"

namespace plenum::http {

struct IdempotencyOptions {
  std::chrono::seconds ttl{24 * 3600};
  std::size_t keys_max = 100'000;            // the oldest are evicted first
  std::size_t bytes_max = 64 * 1024 * 1024;  // of keys and responses, likewise
};

// Any thread.
class Idempotency {
 public:
  // store: holds the responses; null: they are in memory, charged to this budget. It must outlive this.
  explicit Idempotency(IdempotencyOptions options = {}, const core::EventStore* store = nullptr,
                       const std::shared_ptr<runtime::MemoryBudget>& memory = {})
      : options_(options), store_(store) {
    table_.memory = runtime::MemoryCharge(memory, runtime::MemoryKind::idempotency);
  }

  // The key in a header: bare or quoted, 1 to 255 visible ASCII characters. Fails with bad_request.
  static Result<std::string> read_key(std::string_view header);

  struct Outcome {
    core::KeyedResponse response;
    bool replayed = false;
  };
  // Receives the key and the digest of the body; returns them with the response filled in.
  using Execute = std::function<tl::expected<core::KeyedResponse, Response>(core::KeyedResponse key)>;
  // The first response to this key (with its scope), or the result of `execute`. It is called once per key: concurrent
  // requests with the same key block until it returns. Its errors are returned and not stored. The same key with
  // another body fails with idempotency_key_reuse. May read from disk.
  tl::expected<Outcome, Response> once(const std::string& key, std::string_view body, SteadyTime now,
                                       const Execute& execute);
  // The task was deleted: its key may be used again, and no part of its response remains in memory.
  void forget(const StreamId& stream);

 private:
  struct Entry {
    core::KeyedResponse response;
    SteadyTime stored_at{};
    std::list<std::string>::iterator age;
  };
  struct Table {
    std::unordered_map<std::string, Entry> entries;
    std::unordered_map<StreamId, std::string> by_stream;  // keys
    std::list<std::string> by_age;                        // keys, oldest first
    std::unordered_set<std::string> in_flight;
    std::size_t bytes = 0;
    runtime::MemoryCharge memory;  // of bytes
  };
  using Entries = std::unordered_map<std::string, Entry>;
  static std::size_t bytes_of(const core::KeyedResponse& response);
  void evict_old(Table& table, SteadyTime now) const;
  static void insert(Table& table, const core::KeyedResponse& response, SteadyTime now);
  static void erase(Table& table, Entries::iterator entry);
  tl::expected<std::optional<core::KeyedResponse>, Response> find_stored(const std::string& key) const;

  const IdempotencyOptions options_;     // set once
  const core::EventStore* const store_;  // set once
  Mutex mutex_;
  ConditionVariable finished_;  // a key is no longer in flight
  Table table_ GUARDED_BY(mutex_);
};

}  // namespace plenum::http
