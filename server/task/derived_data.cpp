#include "server/task/derived_data.h"

#include <utility>

#include "server/workflow/run/restore/cached_run.h"

namespace plenum::task {

namespace {

// Records for the run of one task. The stream outlives the run.
class RunRecorder final : public core::AnswerRecorder, public workflow::CallRecorder {
 public:
  RunRecorder(const stream::Stream& stream, workflow::CallStatistics& statistics,
              std::shared_ptr<core::AnswerCache> cache)
      : stream_(stream), statistics_(statistics), cache_(std::move(cache)) {}

  void put(const std::string& key, std::string bytes) override {
    stream_.unless_deleted([&] { cache_->put(key, std::move(bytes), stream_.id()); });
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

void DerivedData::find_answer(workflow::Assignment& assignment) const {
  if (!options_.cache || assignment.cache_key.empty()) return;
  const auto found = options_.cache->find(assignment.cache_key);
  if (!found) return;
  if (auto events = workflow::read_cached_run(*found)) assignment.cached_events = *std::move(events);
}

void DerivedData::begin(const std::shared_ptr<stream::Stream>& stream, workflow::Assignment& assignment) {
  const auto recorder = std::make_shared<RunRecorder>(*stream, statistics_, options_.cache);
  assignment.statistics = recorder;
  stream->unless_deleted([&] {
    if (options_.has_turns) conversations_.begin(stream);
    if (!assignment.cached_events.empty() && !options_.cache->share(assignment.cache_key, stream->id())) {
      assignment.cached_events.clear();
    }
  });
  if (options_.cache && !assignment.cache_key.empty() && assignment.cached_events.empty()) assignment.cache = recorder;
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
