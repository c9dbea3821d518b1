#include "common/base/ids.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/base/strings.h"

namespace plenum {
namespace {

constexpr char epoch_digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t epoch_length = 8;
constexpr std::size_t epoch_length_max = 12;
constexpr std::size_t seq_digits_max = 20;
constexpr std::size_t event_id_length_max = 32;
constexpr std::size_t uuid_length = 36;

void fill_random(void* at, std::size_t bytes) {
  auto* next = static_cast<char*>(at);
  while (bytes > 0) {
    const ssize_t got = ::getrandom(next, bytes, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      // Guessable ids would expose streams: an id is the only protection of a stream.
      std::fputs("plenum: getrandom failed; Linux 3.17 or later is required\n", stderr);
      std::abort();
    }
    next += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

bool is_hyphen_place(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

bool is_epoch(std::string_view text) {
  return !text.empty() && text.size() <= epoch_length_max &&
         std::all_of(text.begin(), text.end(), is_lower_alphanumeric);
}

}  // namespace

StreamId StreamId::random() {
  StreamId id;
  fill_random(id.bytes_.data(), id.bytes_.size());
  id.bytes_[6] = static_cast<std::uint8_t>((id.bytes_[6] & 0x0F) | 0x40);  // version 4
  id.bytes_[8] = static_cast<std::uint8_t>((id.bytes_[8] & 0x3F) | 0x80);  // the RFC's variant
  return id;
}

std::optional<StreamId> StreamId::parse(std::string_view text) {
  if (text.size() != uuid_length) return std::nullopt;
  StreamId id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen_place(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    if (!is_hex(text[i])) return std::nullopt;
    std::uint8_t& byte = id.bytes_[nibble++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | hex_value(text[i]));
  }
  return id;
}

std::optional<StreamId> StreamId::from_bytes(std::string_view bytes) {
  StreamId id;
  if (bytes.size() != id.bytes_.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(id.bytes_.data()));
  return id;
}

std::string StreamId::str() const {
  std::string text;
  text.reserve(uuid_length);
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (is_hyphen_place(text.size())) text.push_back('-');
    append_hex(text, bytes_[i]);
  }
  return text;
}

// The bytes are random, so XOR is a sufficient hash.
std::size_t StreamId::hash() const {
  std::uint64_t halves[2];
  std::memcpy(halves, bytes_.data(), sizeof halves);
  return static_cast<std::size_t>(halves[0] ^ halves[1]);
}

std::optional<EventId> EventId::parse(std::string_view text) {
  if (text.size() > event_id_length_max) return std::nullopt;
  const std::size_t hyphen = text.find('-');
  if (hyphen == std::string_view::npos || !is_epoch(text.substr(0, hyphen))) return std::nullopt;

  const std::string_view digits = text.substr(hyphen + 1);
  if (digits.empty() || digits.size() > seq_digits_max) return std::nullopt;
  // Leading zeros are invalid: otherwise one event would have several ids.
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  EventId id{std::string(text.substr(0, hyphen)), 0};
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), id.seq);
  if (failed != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return id;
}

std::string EventId::str() const { return epoch + '-' + std::to_string(seq); }

std::string random_epoch() {
  constexpr unsigned digits = sizeof epoch_digits - 1;
  constexpr unsigned fair_below = 256 / digits * digits;  // larger bytes would favor the first digits
  std::string epoch;
  while (epoch.size() < epoch_length) {
    std::uint8_t bytes[epoch_length];
    fill_random(bytes, sizeof bytes);
    for (const std::uint8_t byte : bytes) {
      if (byte < fair_below && epoch.size() < epoch_length) epoch.push_back(epoch_digits[byte % digits]);
    }
  }
  return epoch;
}

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  fill_random(raw.data(), raw.size());
  std::string text;
  text.reserve(bytes * 2);
  for (const char c : raw) append_hex(text, static_cast<unsigned char>(c));
  return text;
}

std::uint32_t random_between(std::uint32_t low, std::uint32_t high) {
  const std::uint64_t width = std::uint64_t{high} - low + 1;
  const std::uint64_t fair_below = (std::uint64_t{1} << 32) / width * width;
  std::uint32_t value = 0;
  do {
    fill_random(&value, sizeof value);
  } while (value >= fair_below);
  return static_cast<std::uint32_t>(low + value % width);
}

}  // namespace plenum
