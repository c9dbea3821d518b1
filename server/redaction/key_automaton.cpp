#include "server/redaction/key_automaton.h"

#include <string.h>

#include <algorithm>
#include <string>

#include "server/redaction/key_encodings.h"

namespace plenum::redaction {

namespace {

constexpr std::string_view known_shapes[] = {"sk-", "xai-", "pplx-", "gsk_", "AIza"};

constexpr std::uint32_t row_depth_max = 2;  // no key is held back and no pattern ends up to here
static_assert(key_bytes_min / 4 >= row_depth_max);

struct Node {
  std::vector<std::pair<std::uint16_t, std::uint32_t>> edges;
  std::uint32_t fall_back = 0;
  std::uint32_t visible = visible_bytes_max;
  std::uint32_t depth = 0;
  bool of_key = false;
  KeyAutomaton::Facts facts;

  std::uint32_t find(std::uint16_t column) const {
    for (const auto& [of, to] : edges) {
      if (of == column) return to;
    }
    return 0;
  }
};

class Trie {
 public:
  explicit Trie(const std::array<std::uint16_t, 256>& classes) : classes_(classes) {}

  void add(std::string_view text, bool is_key) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::uint32_t at = 0;
    for (const char byte : text) {
      at = child(at, classes_[static_cast<unsigned char>(byte)]);
      Node& node = nodes_[at];
      if (is_key) node.of_key = true, node.visible = std::min(node.visible, size / 4);
    }
    if (is_key) {
      nodes_[at].facts.match = true;
    } else {
      nodes_[at].facts.shape = size;
    }
  }

  // Nodes in order of depth; sets the failure links and what depends on them.
  std::vector<std::uint32_t> finish() {
    std::vector<std::uint32_t> order = {0};
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::uint32_t from = order[i];
      for (const auto& [column, to] : nodes_[from].edges) {
        order.push_back(to);
        link(from, column, to);
      }
    }
    return order;
  }

  // The transition for this byte class, through the failure links.
  std::uint32_t next(std::uint32_t at, std::uint16_t column) const {
    for (;;) {
      if (const auto to = nodes_[at].find(column); to != 0 || at == 0) return to;
      at = nodes_[at].fall_back;
    }
  }
  const Node& at(std::uint32_t node) const { return nodes_[node]; }

 private:
  std::uint32_t child(std::uint32_t at, std::uint16_t column) {
    if (const auto known = nodes_[at].find(column); known != 0) return known;
    const auto made = static_cast<std::uint32_t>(nodes_.size());
    nodes_[at].edges.emplace_back(column, made);
    nodes_.emplace_back();
    nodes_[made].depth = nodes_[at].depth + 1;
    return made;
  }
  void link(std::uint32_t from, std::uint16_t column, std::uint32_t to) {
    Node& node = nodes_[to];
    node.fall_back = from == 0 ? 0 : next(nodes_[from].fall_back, column);
    const KeyAutomaton::Facts& shorter = nodes_[node.fall_back].facts;
    node.facts.match |= shorter.match;
    if (node.facts.shape == 0) node.facts.shape = shorter.shape;
    const auto waiting = node.of_key ? node.depth - std::min(node.depth, node.visible) : 0;
    node.facts.hold = std::max(waiting, shorter.hold);
    node.facts.depth = node.of_key ? node.depth : shorter.depth;
  }

  const std::array<std::uint16_t, 256>& classes_;
  std::vector<Node> nodes_ = std::vector<Node>(1);
};

}  // namespace

KeyAutomaton::KeyAutomaton(const std::vector<std::string_view>& keys) {
  std::vector<std::string> encodings;
  for (const auto key : keys) {
    if (key.size() < key_bytes_min) continue;
    for (auto& encoding : encodings_of(key)) encodings.push_back(std::move(encoding));
  }
  std::array<bool, 256> used{};
  const auto use = [&used](std::string_view text) {
    for (const char byte : text) used[static_cast<unsigned char>(byte)] = true;
  };
  for (const auto& encoding : encodings) use(encoding);
  for (const auto shape : known_shapes) use(shape);
  // Keys are visible ASCII, so there are fewer classes than bytes; class 0 is for bytes that no pattern contains.
  std::uint32_t columns = 1;
  for (std::size_t byte = 0; byte < used.size(); ++byte) {
    if (used[byte]) classes_[byte] = static_cast<std::uint16_t>(columns++);
  }

  Trie trie(classes_);
  for (const auto& encoding : encodings) trie.add(encoding, true);
  for (const auto shape : known_shapes) trie.add(shape, false);
  const auto order = trie.finish();
  std::size_t near = 0;
  while (near < order.size() && trie.at(order[near]).depth <= row_depth_max) ++near;
  std::vector<State> state_of(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    state_of[order[i]] = static_cast<State>(i < near ? i * columns : near * columns + (i - near));
  }
  for (std::size_t i = 0; i < near; ++i) {
    for (std::uint32_t column = 0; column < columns; ++column) {
      rows_.push_back(state_of[trie.next(order[i], static_cast<std::uint16_t>(column))]);
    }
  }
  for (std::size_t i = near; i < order.size(); ++i) {
    const Node& node = trie.at(order[i]);
    deep_.push_back({node.facts, state_of[node.fall_back], static_cast<std::uint32_t>(edges_.size()),
                     static_cast<std::uint32_t>(node.edges.size())});
    for (const auto& [column, to] : node.edges) edges_.push_back({column, state_of[to]});
  }
  for (auto& encoding : encodings) explicit_bzero(encoding.data(), encoding.size());
}

std::span<const std::string_view> KeyAutomaton::shapes() { return known_shapes; }

bool KeyAutomaton::any_end_in(std::string_view text) const {
  State at = root;
  for (const char byte : text) {
    at = next(at, byte);
    if (!is_deep(at)) continue;
    const Facts& here = deep_[at - rows_.size()].facts;
    if (here.match || here.shape != 0) return true;
  }
  return false;
}

KeyAutomaton::State KeyAutomaton::next_of_deep(State state, std::uint16_t column) const {
  while (is_deep(state)) {
    const Deep& deep = deep_[state - rows_.size()];
    for (std::uint32_t i = 0; i < deep.edges; ++i) {
      const Edge& edge = edges_[deep.first_edge + i];
      if (edge.column == column) return edge.to;
    }
    state = deep.fall_back;
  }
  return rows_[state + column];
}

}  // namespace plenum::redaction
