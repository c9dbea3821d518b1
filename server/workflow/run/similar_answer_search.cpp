#include "server/workflow/run/similar_answer_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/workflow/planning/task_comparison.h"

namespace plenum::workflow {

namespace {

// As users see it. Rounded down, so that only equal vectors have 1.
double rounded(double similarity) { return std::min(std::trunc(similarity * 10'000) / 10'000, 1.0); }

}  // namespace

std::unique_ptr<SimilarAnswerSearch> SimilarAnswerSearch::start(const Assignment& assignment, const std::string& task,
                                                                core::Embedder& embedder, runtime::EventLoop& loop,
                                                                Done done) {
  if (task.size() > task_bytes_max) return nullptr;
  std::unique_ptr<SimilarAnswerSearch> search(new SimilarAnswerSearch(assignment, task, loop, std::move(done)));
  search->call_ = embedder.embed(task, *search);
  return search->call_ ? std::move(search) : nullptr;
}

SimilarAnswerSearch::SimilarAnswerSearch(const Assignment& assignment, const std::string& task,
                                         runtime::EventLoop& loop, Done done)
    : assignment_(assignment), task_(task), loop_(loop), done_(std::move(done)) {}

SimilarAnswerSearch::~SimilarAnswerSearch() { loop_.cancel(timer_); }

void SimilarAnswerSearch::on_embedding(Result<std::vector<float>> vector) {
  call_.reset();
  if (!vector) return finish(std::nullopt);
  vector_ =
      core::TaskVector{assignment_.cache_keys.conditions, task_, assignment_.similarity->model, *std::move(vector)};
  search();
}

void SimilarAnswerSearch::search() {
  timer_ = loop_.after(assignment_.similarity->timeout, [this] {
    timer_ = 0;
    finish(std::nullopt);
  });
  // On the thread of the index. What arrives after the timeout is dropped.
  assignment_.cache->find_similar(*vector_, [this, &loop = loop_, alive = std::weak_ptr(alive_)](auto found) {
    loop.post([this, alive, found = std::move(found)] {
      if (!alive.expired()) choose(found);
    });
  });
}

void SimilarAnswerSearch::choose(const core::SimilarTasks& found) {
  if (timer_ == 0) return;
  loop_.cancel(std::exchange(timer_, 0));
  for (const core::SimilarTask& other : found) {
    if (other.similarity < assignment_.similarity->threshold || !may_share_answer(task_, other.text)) continue;
    auto answer = assignment_.cache->take(other.key);
    if (!answer) continue;
    auto events = read_cached_run(answer->bytes);
    if (!events) continue;
    return finish(CacheHit{*std::move(events), {answer->stream.str(), rounded(other.similarity)}, other.text});
  }
  finish(std::nullopt);
}

void SimilarAnswerSearch::finish(std::optional<CacheHit> hit) { done_({std::move(hit), std::move(vector_)}); }

}  // namespace plenum::workflow
