#include "server/task/derived_data.h"

#include <utility>

#include "server/workflow/run/restore/cached_run.h"
#include "server/workflow/run/state/run_messages.h"

namespace plenum::task {

namespace {

// Records for the run of one task. The stream outlives the run.
class RunRecorder final : public core::AnswerRecorder, public workflow::CallRecorder {
 public:
  RunRecorder(const stream::Stream& stream, workflow::CallStatistics& statistics,
              std::shared_ptr<core::AnswerCache> cache)
      : stream_(stream), statistics_(statistics), cache_(std::move(cache)) {}

  void put(const std::string& key, std::string bytes, std::optional<core::TaskVector> task) override {
    stream_.unless_deleted([&] { cache_->put(key, std::move(bytes), stream_.id(), std::move(task)); });
  }
  void find_similar(core::TaskVector task, std::function<void(core::SimilarTasks)> found) override {
    cache_->find_similar(std::move(task), std::move(found));
  }
  std::optional<core::CachedAnswer> take(const std::string& key) override {
    bool shared = false;
    stream_.unless_deleted([&] { shared = cache_->share(key, stream_.id()); });
    return shared ? cache_->find(key) : std::nullopt;
  }
  void record(const std::vector<workflow::StepSample>& run) override {
    stream_.unless_deleted([&] { statistics_.record(stream_.id(), run); });
  }

 private:
  const stream::Stream& stream_;                    // set once
  workflow::CallStatistics& statistics_;            // set once
  const std::shared_ptr<core::AnswerCache> cache_;  // set once; null: no cache
};

}  // namespace

void DerivedData::find_answer(workflow::Assignment& assignment, CacheUse use) const {
  if (!options_.cache || assignment.cache_keys.exact.empty()) return;
  set_answer(assignment, options_.cache->find(assignment.cache_keys.exact));
  if (assignment.cached_events.empty() && use == CacheUse::similar) assignment.similarity = options_.similarity;
}

void DerivedData::find_answer(workflow::Assignment& assignment, const StreamId& stream,
                              const workflow::RecordedRun& log) const {
  if (!options_.cache || log.codes.count(workflow::cache_hit_code) == 0) return;
  set_answer(assignment, options_.cache->find(stream));
  if (log.cached_from) assignment.cached_from = *log.cached_from;
}

void DerivedData::set_answer(workflow::Assignment& assignment, std::optional<core::CachedAnswer> found) {
  if (!found) return;
  auto events = workflow::read_cached_run(found->bytes);
  if (!events) return;
  assignment.cached_events = *std::move(events);
  assignment.cached_from = {found->stream.str()};
}

void DerivedData::begin(const std::shared_ptr<stream::Stream>& stream, workflow::Assignment& assignment) {
  const auto recorder = std::make_shared<RunRecorder>(*stream, statistics_, options_.cache);
  const std::string& key = assignment.cache_keys.exact;
  assignment.statistics = recorder;
  stream->unless_deleted([&] {
    if (options_.has_turns) conversations_.begin(stream);
    // Without a key the stream has its answer from an earlier process.
    const bool shares = !assignment.cached_events.empty() && !key.empty();
    if (shares && !options_.cache->share(key, stream->id())) assignment.cached_events.clear();
  });
  if (options_.cache && !key.empty() && assignment.cached_events.empty()) assignment.cache = recorder;
}

void DerivedData::end(const stream::Stream& stream) {
  if (options_.has_turns) conversations_.end(stream);
}

void DerivedData::remove(stream::Stream& stream) {
  stream.mark_deleted();
  conversations_.remove(stream);
  remove(stream.id());
}

void DerivedData::remove(const StreamId& finished) {
  if (options_.cache) options_.cache->remove(finished);
  statistics_.forget(finished);
}

}  // namespace plenum::task
