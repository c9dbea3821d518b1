#include "server/http/shared/idempotency.h"

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
  if (const auto held = table_.entries.find(key); held != table_.entries.end()) first = held->second.response;
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
    if (store_ == nullptr) insert(table_, **found, now);
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

std::size_t Idempotency::bytes_of(const core::KeyedResponse& response) {
  constexpr std::size_t of_entry = 512;  // three tables, two ids and a digest
  return of_entry + 3 * response.key.size() + response.response.size();
}

void Idempotency::insert(Table& table, const core::KeyedResponse& response, SteadyTime now) {
  const auto [entry, is_new] = table.entries.try_emplace(response.key);
  if (!is_new) return;
  entry->second = {response, now, table.by_age.insert(table.by_age.end(), response.key)};
  table.by_stream[response.stream] = response.key;
  table.bytes += bytes_of(response);
  table.memory.set(table.bytes);
}

void Idempotency::erase(Table& table, Entries::iterator entry) {
  const core::KeyedResponse& response = entry->second.response;
  table.bytes -= bytes_of(response);
  table.memory.set(table.bytes);
  table.by_stream.erase(response.stream);
  table.by_age.erase(entry->second.age);
  table.entries.erase(entry);
}

void Idempotency::evict_old(Table& table, SteadyTime now) const {
  while (!table.by_age.empty()) {
    const auto oldest = table.entries.find(table.by_age.front());
    const bool expired = now - oldest->second.stored_at >= options_.ttl;
    if (!expired && table.entries.size() < options_.keys_max && table.bytes <= options_.bytes_max) return;
    erase(table, oldest);
  }
}

void Idempotency::forget(const StreamId& stream) {
  const MutexLock lock(mutex_);
  const auto key = table_.by_stream.find(stream);
  if (key != table_.by_stream.end()) erase(table_, table_.entries.find(key->second));
}

}  // namespace plenum::http
