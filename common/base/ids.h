// Ids of streams and events.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace plenum {

// A random UUIDv4 (RFC 9562, 5.4). A value: copy it freely, from any thread.
class StreamId {
 public:
  StreamId() = default;  // the nil id, of no stream
  // A new id from getrandom. Aborts if it fails.
  static StreamId random();
  // Parses a UUID in lower or upper case; nothing for any other text.
  static std::optional<StreamId> parse(std::string_view text);

  // The inverse of bytes(); nothing unless there are 16 bytes.
  static std::optional<StreamId> from_bytes(std::string_view bytes);

  std::string str() const;  // 36 lower-case characters
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  std::size_t hash() const;
  auto operator<=>(const StreamId&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// A position in a stream: `<epoch>-<seq>`, at most 32 bytes of [0-9a-z-], so that a cross-origin
// reconnect needs no preflight (Fetch, CORS-unsafe request-header bytes).
struct EventId {
  std::string epoch;      // identity of the log; changes only if continuity cannot be proven
  std::uint64_t seq = 0;  // 0: before the first event

  static std::optional<EventId> parse(std::string_view text);
  std::string str() const;
  bool operator==(const EventId&) const = default;
};

// A random epoch: eight characters of [0-9a-z].
std::string random_epoch();
// `bytes` random bytes in lower-case hex, for request and trace ids.
std::string random_hex(std::size_t bytes);
// Evenly distributed in [low, high]; not for secrets.
std::uint32_t random_between(std::uint32_t low, std::uint32_t high);

}  // namespace plenum

template <>
struct std::hash<plenum::StreamId> {
  std::size_t operator()(const plenum::StreamId& id) const noexcept { return id.hash(); }
};
