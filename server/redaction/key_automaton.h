// Finds all encodings of all keys, and the prefixes of known key formats, in one pass.
// Source: Aho and Corasick, "Efficient string matching" (1975). States near the root, where ordinary text stays, have
// complete transition rows over byte classes; deeper states have a few edges and a failure link. Memory: per key, about
// 36 bytes for each byte of its encodings, which together are about 13 times as long as the key, and 8 KiB of rows.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace plenum::redaction {

// Shorter keys are not searched for: they would redact ordinary words.
inline constexpr std::size_t key_bytes_min = 8;
// Number of leading bytes of a key that may be visible before it is recognized: they are the same for all keys of a
// vendor. Of short keys fewer: a quarter.
inline constexpr std::size_t visible_bytes_max = 6;
// A prefix of this length at the end of a text is treated as a truncated key.
inline constexpr std::size_t prefix_bytes_min = 8;

// Const after construction: any thread.
class KeyAutomaton {
 public:
  using State = std::uint32_t;

  // Properties of a state; all zero near the root.
  struct Facts {
    bool match = false;       // an encoding ends here
    std::uint32_t shape = 0;  // length of the format prefix that ends here
    std::uint32_t hold = 0;   // bytes at the end of the text to hold back
    std::uint32_t depth = 0;  // bytes at the end of the text that are a prefix of an encoding
  };

  explicit KeyAutomaton(const std::vector<std::string_view>& keys);

  // Key prefixes of the vendors whose keys have a known format. sk- covers sk-ant-, sk-or- and sk-proj-; keys of
  // Mistral and Together have no prefix.
  static std::span<const std::string_view> shapes();

  static constexpr State root = 0;
  // Whether a state has facts.
  bool is_deep(State state) const { return state >= rows_.size(); }
  State next(State state, char byte) const {
    const auto column = classes_[static_cast<unsigned char>(byte)];
    return is_deep(state) ? next_of_deep(state, column) : rows_[state + column];
  }
  // Whether a key or a format prefix ends in the text. False for most texts.
  bool any_end_in(std::string_view text) const;
  Facts facts(State state) const { return is_deep(state) ? deep_[state - rows_.size()].facts : Facts{}; }

 private:
  struct Deep {
    Facts facts;
    State fall_back = 0;
    std::uint32_t first_edge = 0, edges = 0;
  };
  struct Edge {
    std::uint32_t column = 0;
    State to = 0;
  };
  State next_of_deep(State state, std::uint16_t column) const;

  // All set once.
  std::array<std::uint16_t, 256> classes_{};
  std::vector<State> rows_;  // a state near the root is the index of its row
  std::vector<Deep> deep_;   // a deep state is its index here, after all rows
  std::vector<Edge> edges_;
};

}  // namespace plenum::redaction
