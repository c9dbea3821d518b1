// Nearest neighbors of vectors of length 1 by cosine: by comparison with all while they are few, else with an HNSW
// graph, which may miss a neighbor. Source: Malkov and Yashunin, arXiv:1603.09320; hnswlib 0.6.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace plenum::storage {

// Not thread-safe: one thread at a time.
class VectorIndex {
 public:
  using Label = std::uint64_t;
  struct Match {
    Label label = 0;
    double similarity = 0;
  };

  explicit VectorIndex(std::size_t dimension, std::size_t compared_max = 256);
  ~VectorIndex();
  VectorIndex(VectorIndex&&) noexcept;

  // A label is used once. A vector of another dimension is not added, and neither is one without memory for it.
  void add(Label label, std::span<const float> vector);
  void remove(Label label);
  // At most `limit`, the most similar one first; none for a vector of another dimension.
  std::vector<Match> nearest(std::span<const float> vector, std::size_t limit) const;
  std::size_t size() const;

 private:
  class Graph;
  void build_graph();

  std::size_t dimension_, compared_max_;
  std::unordered_map<Label, std::vector<float>> compared_;  // empty once there is a graph
  std::unique_ptr<Graph> graph_;                            // null: all vectors are in compared_
};

}  // namespace plenum::storage
