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
        Error{ErrorCode::bad_request, "Idempotency-Key is 1 to 255 visible ASCII characters, bare or in quotes."});
  }
  return std::string(header);
}

tl::expected<Idempotency::Given, Response> Idempotency::once(const std::string& key, std::string_view body,
                                                             SteadyTime now, const Make& make) {
  core::KeyedResponse wanted;
  wanted.key = key;
  wanted.body_sha256 = sha256_hex(body);
  std::unique_lock lock(mutex_);
  made_.wait(lock, [&] { return !table_.being_made.contains(key); });
  forget_old(table_, now);
  std::optional<core::KeyedResponse> first;
  if (const auto held = table_.entries.find(key); held != table_.entries.end()) first = held->second;
  if (!first) {
    // Nobody else makes it meanwhile, and whoever has another key does not wait.
    table_.being_made.insert(key);
    lock.unlock();
    auto made = known(key);
    const bool was_known = made && made->has_value();
    if (made && !was_known) made = make(wanted).map([](core::KeyedResponse&& answer) { return std::optional(answer); });
    lock.lock();
    table_.being_made.erase(key);
    made_.notify_all();
    if (!made) return tl::unexpected(std::move(made.error()));
    if (table_.entries.emplace(key, **made).second) table_.by_age.emplace_back(now, key);
    if (!was_known) return Given{**std::move(made), false};
    first = std::move(*made);
  }
  if (first->body_sha256 == wanted.body_sha256) return Given{*std::move(first), true};
  return tl::unexpected(
      problem(Error{ErrorCode::idempotency_key_reuse, "This Idempotency-Key was used for another task."}));
}

tl::expected<std::optional<core::KeyedResponse>, Response> Idempotency::known(const std::string& key) const {
  if (store_ == nullptr) return std::nullopt;
  auto stored = store_->find_idempotent_response(key);
  if (!stored) return tl::unexpected(problem(stored.error()));
  return *std::move(stored);
}

void Idempotency::forget_old(Table& table, SteadyTime now) const {
  while (!table.by_age.empty() &&
         (now - table.by_age.front().first >= options_.kept || table.entries.size() >= options_.keys_max)) {
    table.entries.erase(table.by_age.front().second);
    table.by_age.pop_front();
  }
}

}  // namespace plenum::http
