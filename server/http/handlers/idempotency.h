// First answers by Idempotency-Key: whoever posts a task again because the reply was lost gets the task
// that was made, and pays once. A durable store keeps them with their tasks; others are held here for a day.
// Source: draft-ietf-httpapi-idempotency-key-header-07.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "server/core/event_store.h"
#include "server/http/message/response.h"

namespace plenum::http {

struct IdempotencyOptions {
  std::chrono::seconds kept{24 * 3600};
  std::size_t keys_max = 100'000;  // the oldest leave first
};

// Any thread.
class Idempotency {
 public:
  // store: where answers are found that are not held here; null: nowhere. It must outlive this.
  explicit Idempotency(IdempotencyOptions options = {}, const core::EventStore* store = nullptr)
      : options_(options), store_(store) {}

  // The key in a header: bare or quoted, 1 to 255 visible ASCII characters. Fails with bad_request.
  static Result<std::string> read_key(std::string_view header);

  struct Given {
    core::KeyedResponse answer;
    bool replayed = false;
  };
  // The answer, and the task made with it: what is kept for the key is the answer with everything filled in.
  using Make = std::function<tl::expected<core::KeyedResponse, Response>(core::KeyedResponse key)>;
  // The first answer to this key, or what make gives: it is called once for each key, however many ask at
  // the same time (the others wait), and a refusal of its own is passed on and not kept. The same key with
  // another body is refused with idempotency_key_reuse. The calling thread may wait for the disk.
  tl::expected<Given, Response> once(const std::string& key, std::string_view body, SteadyTime now, const Make& make);

 private:
  struct Table {
    std::unordered_map<std::string, core::KeyedResponse> entries;
    std::deque<std::pair<SteadyTime, std::string>> by_age;  // oldest first
    std::unordered_set<std::string> being_made;
  };
  void forget_old(Table& table, SteadyTime now) const;
  tl::expected<std::optional<core::KeyedResponse>, Response> known(const std::string& key) const;

  const IdempotencyOptions options_;     // set once
  const core::EventStore* const store_;  // set once
  std::mutex mutex_;
  std::condition_variable made_;  // a key is being made no longer
  Table table_;                   // guarded by mutex_
};

}  // namespace plenum::http
