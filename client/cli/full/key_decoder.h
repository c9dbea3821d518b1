// Decodes the bytes that a terminal sends for keys, split at any byte.
// Source: ECMA-48, 5.4 (control sequences); xterm control sequences, "PC-Style Function Keys".
// Not thread-safe: one decoder per terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::client {

enum class KeyKind : std::uint8_t {
  character,
  enter,
  escape,
  backspace,
  up,
  down,
  left,
  right,
  page_up,
  page_down,
  home,
  end,
  other,  // has no meaning here
};

struct Key {
  KeyKind kind = KeyKind::other;
  std::string text{};  // of a character: UTF-8
  bool operator==(const Key&) const = default;
};

class KeyDecoder {
 public:
  // Appends every key that `bytes` complete.
  void feed(std::string_view bytes, std::vector<Key>& out);
  // The terminal has sent nothing for a moment: what is pending is no sequence, but the escape key.
  void flush(std::vector<Key>& out);
  bool pending() const { return !pending_.empty(); }

 private:
  // The number of bytes at the front of pending_ that were decoded; 0: more are needed.
  std::size_t decode(std::vector<Key>& out) const;
  std::size_t decode_escape(std::vector<Key>& out) const;

  std::string pending_;
};

}  // namespace plenum::client
