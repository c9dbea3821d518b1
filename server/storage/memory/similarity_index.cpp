#include "server/storage/memory/similarity_index.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "server/telemetry/log.h"

namespace plenum::storage {

namespace {

// Additions and removals wait without a practical bound, because their number is bounded by the cache: a lost removal
// would leave a vector behind for ever.
constexpr std::size_t waiting_max = 10'000'000;
constexpr std::size_t waiting_searches_max = 20'000;

// A model that changes the dimension of its embeddings is another model.
std::string group_of(const core::TaskVector& task) { return fmt::format("{}/{}", task.conditions, task.values.size()); }

}  // namespace

SimilarityIndex::SimilarityIndex() : thread_("similarity", 1, waiting_max) {}
SimilarityIndex::~SimilarityIndex() = default;

void SimilarityIndex::add(const std::string& key, core::TaskVector task) {
  const bool queued = thread_.submit([this, key, task = std::move(task)]() mutable {
    erase(key);
    const std::string name = group_of(task);
    Group& group = groups_.try_emplace(name, Group{VectorIndex(task.values.size()), {}}).first->second;
    const VectorIndex::Label label = next_++;
    group.vectors.add(label, task.values);
    group.keys.emplace(label, key);
    rows_.emplace(key, Row{name, std::move(task.text), label});
  });
  if (!queued) log::warning("semantic cache: a task is not indexed: the index is overloaded");
}

void SimilarityIndex::remove(const std::string& key) {
  if (!thread_.submit([this, key] { erase(key); })) log::warning("semantic cache: the index is overloaded");
}

void SimilarityIndex::search(core::TaskVector task, std::size_t limit, std::function<void(core::SimilarTasks)> found) {
  const auto shared = std::make_shared<std::function<void(core::SimilarTasks)>>(std::move(found));
  const bool queued = thread_.queued() < waiting_searches_max &&
                      thread_.submit([this, limit, shared, task = std::move(task)] { (*shared)(find(task, limit)); });
  if (!queued) (*shared)({});
}

core::SimilarTasks SimilarityIndex::find(const core::TaskVector& task, std::size_t limit) const {
  core::SimilarTasks tasks;
  const auto group = groups_.find(group_of(task));
  if (group == groups_.end()) return tasks;
  for (const VectorIndex::Match& match : group->second.vectors.nearest(task.values, limit)) {
    const std::string& key = group->second.keys.at(match.label);
    tasks.push_back({key, rows_.at(key).text, match.similarity});
  }
  return tasks;
}

void SimilarityIndex::erase(const std::string& key) {
  const auto row = rows_.find(key);
  if (row == rows_.end()) return;
  const auto group = groups_.find(row->second.group);
  group->second.vectors.remove(row->second.label);
  group->second.keys.erase(row->second.label);
  if (group->second.keys.empty()) groups_.erase(group);
  rows_.erase(row);
}

}  // namespace plenum::storage
