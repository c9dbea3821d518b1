#include "server/http/idempotency.h"

#include "common/sha256.h"

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

tl::expected<Idempotency::Given, Reply> Idempotency::once(const std::string& key, std::string_view body, SteadyTime now,
                                                          const Make& make) {
  std::string digest = sha256_hex(body);
  // Made under the lock: of many that come at once, one makes the task and the others get its answer.
  return table_.with([&](Table& table) -> tl::expected<Given, Reply> {
    forget_old(table, now);
    if (const auto known = table.entries.find(key); known != table.entries.end()) {
      if (known->second.body_sha256 == digest) return Given{known->second.answer, true};
      return tl::unexpected(
          problem(Error{ErrorCode::idempotency_key_reuse, "This Idempotency-Key was used for another task."}));
    }
    auto made = make();
    if (!made) return tl::unexpected(std::move(made.error()));
    table.entries.emplace(key, Entry{std::move(digest), *made});
    table.by_age.emplace_back(now, key);
    return Given{std::move(*made), false};
  });
}

void Idempotency::forget_old(Table& table, SteadyTime now) const {
  while (!table.by_age.empty() &&
         (now - table.by_age.front().first >= options_.kept || table.entries.size() >= options_.keys_max)) {
    table.entries.erase(table.by_age.front().second);
    table.by_age.pop_front();
  }
}

}  // namespace plenum::http
