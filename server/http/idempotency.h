// First answers by Idempotency-Key: whoever posts a task again because the reply was lost gets the task
// that was made, and pays once. Held in memory for a day.
// Source: draft-ietf-httpapi-idempotency-key-header-07.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/clock.h"
#include "common/ids.h"
#include "common/result.h"
#include "server/http/reply.h"
#include "server/runtime/guarded.h"

namespace plenum::http {

struct IdempotencyOptions {
  std::chrono::seconds kept{24 * 3600};
  std::size_t keys_max = 100'000;  // the oldest leave first
};

struct FirstAnswer {
  StreamId stream;
  std::string body;  // of the 202
};

// Any thread.
class Idempotency {
 public:
  explicit Idempotency(IdempotencyOptions options = {}) : options_(options) {}

  // The key in a header: bare or quoted, 1 to 255 visible ASCII characters. Fails with bad_request.
  static Result<std::string> read_key(std::string_view header);

  struct Given {
    FirstAnswer answer;
    bool replayed = false;
  };
  using Make = std::function<tl::expected<FirstAnswer, Reply>()>;
  // The first answer to this key, or what make gives: it is called once for each key, however many ask at
  // the same time, and a refusal of its own is passed on and not kept. The same key with another body is
  // refused with idempotency_key_reuse.
  tl::expected<Given, Reply> once(const std::string& key, std::string_view body, SteadyTime now, const Make& make);

 private:
  struct Entry {
    std::string body_sha256;
    FirstAnswer answer;
  };
  struct Table {
    std::unordered_map<std::string, Entry> entries;
    std::deque<std::pair<SteadyTime, std::string>> by_age;  // oldest first
  };
  void forget_old(Table& table, SteadyTime now) const;

  const IdempotencyOptions options_;  // set once
  runtime::Guarded<Table> table_;     // guarded
};

}  // namespace plenum::http
