// Searches the answer cache for a task that is similar to that of a run: the embedding of its text, then the nearest
// tasks with equal conditions, then their comparison word by word. A search that fails finds nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/core/answer_cache.h"
#include "server/core/embedder.h"
#include "server/runtime/event_loop.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/restore/cached_run.h"

namespace plenum::workflow {

// Only the owner loop. Destroying it ends the search.
class SimilarAnswerSearch final : private core::EmbeddingListener {
 public:
  struct Outcome {
    std::optional<CacheHit> hit;           // the answer belongs to the run's task from now on
    std::optional<core::TaskVector> task;  // under which the run's own answer is cached; absent without an embedding
  };
  // Called once, never from inside start(); may destroy the search.
  using Done = std::function<void(Outcome)>;

  // Null if there is nothing to search with: no embedding can be computed now, or the text is too long, because the
  // embedding of a long text does not show a small difference. The assignment must have `similarity` and `cache`, and
  // outlive the search, as must the embedder and the loop.
  static std::unique_ptr<SimilarAnswerSearch> start(const Assignment& assignment, const std::string& task,
                                                    core::Embedder& embedder, runtime::EventLoop& loop, Done done);
  ~SimilarAnswerSearch() override;

  static constexpr std::size_t task_bytes_max = 8'000;

 private:
  SimilarAnswerSearch(const Assignment& assignment, const std::string& task, runtime::EventLoop& loop, Done done);
  void on_embedding(Result<std::vector<float>> vector) override;
  void search();
  void choose(const core::SimilarTasks& found);
  void finish(std::optional<CacheHit> hit);

  const Assignment& assignment_;  // set once, as everything down to done_
  const std::string task_;
  runtime::EventLoop& loop_;
  const Done done_;

  std::unique_ptr<core::EmbeddingCall> call_;  // null once it has ended
  std::optional<core::TaskVector> vector_;
  runtime::TimerId timer_ = 0;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace plenum::workflow
