// The automaton that finds all spellings of all keys, and the beginnings of known shapes, in one pass.
// Source: Aho and Corasick, "Efficient string matching" (1975). States near the root, where ordinary text
// stays, have whole rows of next states, over classes of bytes; deeper ones have their few edges and the
// state to fall back to. Memory: for each key about 36 bytes for each byte of its spellings, which together are
// some 13 times as long as the key, and 8 KiB of rows.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace plenum::redaction {

// Keys below this are not searched for: they would blank ordinary words.
inline constexpr std::size_t key_bytes_min = 8;
// So many bytes of a key may be seen before its match is told from chance: they are the same for all keys
// of a vendor. Of short keys fewer: a quarter.
inline constexpr std::size_t visible_bytes_max = 6;
// This beginning of a key at the end of a text is taken for a key that was cut off.
inline constexpr std::size_t telling_bytes_min = 8;

// Const after construction: any thread.
class KeyAutomaton {
 public:
  using State = std::uint32_t;

  // What is known in a state; all zero in those near the root.
  struct Facts {
    bool match = false;       // whether a spelling ends here
    std::uint32_t shape = 0;  // bytes of the shape's beginning that ends here
    std::uint32_t hold = 0;   // bytes at the end of the text that must wait
    std::uint32_t depth = 0;  // bytes at the end of the text with which some spelling begins
  };

  explicit KeyAutomaton(const std::vector<std::string_view>& keys);

  // How keys begin, of the vendors whose keys have a shape. sk- is that of sk-ant-, sk-or- and sk-proj- too;
  // Mistral's and Together's have none.
  static std::span<const std::string_view> shapes();

  static constexpr State root = 0;
  // Whether a state has facts at all.
  bool is_deep(State state) const { return state >= rows_.size(); }
  State next(State state, char byte) const {
    const auto column = classes_[static_cast<unsigned char>(byte)];
    return is_deep(state) ? next_of_deep(state, column) : rows_[state + column];
  }
  // Whether anything ends in the text, a key or the beginning of a shape. Most texts are done with this.
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
  std::vector<State> rows_;  // a state near the root is the place of its row
  std::vector<Deep> deep_;   // a deep one is its place here, behind all rows
  std::vector<Edge> edges_;
};

}  // namespace plenum::redaction
