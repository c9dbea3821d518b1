// The only file that includes hnswlib: its headers define functions that are not inline.
#include "server/storage/memory/vector_index.h"

#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <exception>

#include "server/telemetry/log.h"

namespace plenum::storage {

namespace {

// Neighbors of a vector, and candidates that are looked at when one is added or searched for. With 1,536 dimensions and
// 10,000 vectors an addition takes about a millisecond.
constexpr std::size_t neighbors = 16, candidates_added = 100, candidates_searched = 64;

float dot(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

bool is_more_similar(const VectorIndex::Match& a, const VectorIndex::Match& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.label < b.label;
}

}  // namespace

// hnswlib has a fixed capacity, throws past it, and never frees a removed vector: the graph grows by half, and is built
// again when half of it was removed.
class VectorIndex::Graph {
 public:
  Graph(std::size_t dimension, std::size_t capacity)
      : space_(dimension), graph_(&space_, capacity, neighbors, candidates_added) {
    graph_.setEf(candidates_searched);
  }

  void add(Label label, const float* vector) {
    if (graph_.cur_element_count >= graph_.max_elements_) graph_.resizeIndex(graph_.max_elements_ * 3 / 2 + 1);
    graph_.addPoint(vector, label);
    live_.push_back(label);
  }
  void remove(Label label) {
    const auto found = std::find(live_.begin(), live_.end(), label);
    if (found == live_.end()) return;
    graph_.markDelete(label);
    live_.erase(found);
  }
  std::vector<Match> nearest(const float* vector, std::size_t limit) const {
    std::vector<Match> matches;
    if (live_.empty()) return matches;
    // The distance of InnerProductSpace is 1 - a·b; the farthest one is on top.
    for (auto found = graph_.searchKnn(vector, limit); !found.empty(); found.pop()) {
      matches.push_back({found.top().second, 1.0 - static_cast<double>(found.top().first)});
    }
    std::sort(matches.begin(), matches.end(), is_more_similar);
    return matches;
  }
  const std::vector<Label>& live() const { return live_; }
  bool is_mostly_removed() const { return graph_.cur_element_count > 2 * live_.size(); }
  std::vector<float> vector_of(Label label) const { return graph_.getDataByLabel<float>(label); }

 private:
  hnswlib::InnerProductSpace space_;  // outlives the graph, which points into it
  mutable hnswlib::HierarchicalNSW<float> graph_;
  std::vector<Label> live_;
};

VectorIndex::VectorIndex(std::size_t dimension, std::size_t compared_max)
    : dimension_(dimension), compared_max_(compared_max) {}
VectorIndex::~VectorIndex() = default;
VectorIndex::VectorIndex(VectorIndex&&) noexcept = default;

void VectorIndex::add(Label label, std::span<const float> vector) {
  if (vector.size() != dimension_) return;
  try {
    if (graph_) return graph_->add(label, vector.data());
    compared_.emplace(label, std::vector<float>(vector.begin(), vector.end()));
    if (compared_.size() > compared_max_) build_graph();
  } catch (const std::exception& failure) {
    log::warning("semantic cache: a task is not indexed: {}", failure.what());
  }
}

void VectorIndex::build_graph() {
  auto graph = std::make_unique<Graph>(dimension_, compared_.size() * 2);
  for (const auto& [label, vector] : compared_) graph->add(label, vector.data());
  graph_ = std::move(graph);
  compared_.clear();
}

void VectorIndex::remove(Label label) {
  if (!graph_) {
    compared_.erase(label);
    return;
  }
  try {
    graph_->remove(label);
    if (!graph_->is_mostly_removed()) return;
    for (const Label live : graph_->live()) compared_.emplace(live, graph_->vector_of(live));
    graph_.reset();
    if (compared_.size() > compared_max_) build_graph();
  } catch (const std::exception& failure) {
    log::warning("semantic cache: the index was not rebuilt: {}", failure.what());
    if (graph_) compared_.clear();
  }
}

std::vector<VectorIndex::Match> VectorIndex::nearest(std::span<const float> vector, std::size_t limit) const {
  std::vector<Match> matches;
  if (vector.size() != dimension_) return matches;
  try {
    if (graph_) return graph_->nearest(vector.data(), limit);
    for (const auto& [label, other] : compared_) matches.push_back({label, dot(vector, other)});
    const std::size_t count = std::min(limit, matches.size());
    std::partial_sort(matches.begin(), matches.begin() + static_cast<std::ptrdiff_t>(count), matches.end(),
                      is_more_similar);
    matches.resize(count);
  } catch (const std::exception& failure) {
    log::warning("semantic cache: no search: {}", failure.what());
    matches.clear();
  }
  return matches;
}

std::size_t VectorIndex::size() const { return graph_ ? graph_->live().size() : compared_.size(); }

}  // namespace plenum::storage
