#include "server/http/handlers/idempotency.h"

#include "common/base/sha256.h"

namespace plenum::http {
namespace {

constexpr std::size_t key_characters_max = 255;

}  // namespace

Result<std::string> Idempotency::read_key(std::string_view header) {
  const bool quoted = header.size() >= 2 && header.front() == '"' && header.back() == '"';
  if (quoted) header = header.substr(1, header.size() - 2);
  bool visible = !header.empty() && header.size() <= key_characters_max;
  for (const char byte : header) visible = visible && byte > ' ' && byte < 0x7f;
  if (!visible) {
    return Failure(
        Error{ErrorCode::bad_request, "Idempotency-Key must be 1 to 255 visible ASCII characters, bare or quoted."});
  }
  return std::string(header);
}

tl::expected<Idempotency::Outcome, Response> Idempotency::once(const std::string& key, std::string_view body,
                                                               SteadyTime now, const Execute& execute) {
  core::KeyedResponse request;
  request.key = key;
  request.body_sha256 = sha256_hex(body);
  MutexLock lock(mutex_);
  while (table_.in_flight.contains(key)) finished_.wait(mutex_);
  evict_old(table_, now);
  std::optional<core::KeyedResponse> first;
  if (const auto held = table_.entries.find(key); held != table_.entries.end()) first = held->second;
  if (!first) {
    // Executed without the lock: requests with other keys must not wait for this one.
    table_.in_flight.insert(key);
    lock.unlock();
    auto found = find_stored(key);
    const bool was_stored = found && found->has_value();
    if (found && !was_stored) {
      found = execute(request).map([](core::KeyedResponse&& response) { return std::optional(response); });
    }
    lock.lock();
    table_.in_flight.erase(key);
    finished_.notify_all();
    if (!found) return tl::unexpected(std::move(found.error()));
    if (table_.entries.emplace(key, **found).second) table_.by_age.emplace_back(now, key);
    if (!was_stored) return Outcome{**std::move(found), false};
    first = std::move(*found);
  }
  if (first->body_sha256 == request.body_sha256) return Outcome{*std::move(first), true};
  return tl::unexpected(
      problem(Error{ErrorCode::idempotency_key_reuse, "This Idempotency-Key was used for another request."}));
}

tl::expected<std::optional<core::KeyedResponse>, Response> Idempotency::find_stored(const std::string& key) const {
  if (store_ == nullptr) return std::nullopt;
  auto stored = store_->find_idempotent_response(key);
  if (!stored) return tl::unexpected(problem(stored.error()));
  return *std::move(stored);
}

void Idempotency::evict_old(Table& table, SteadyTime now) const {
  while (!table.by_age.empty() &&
         (now - table.by_age.front().first >= options_.ttl || table.entries.size() >= options_.keys_max)) {
    table.entries.erase(table.by_age.front().second);
    table.by_age.pop_front();
  }
}

}  // namespace plenum::http
