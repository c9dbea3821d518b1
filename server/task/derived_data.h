// Derived data: what a task stores outside of its stream. Its turn in a conversation, its cached answer, and the
// samples of its calls. All of it goes when the task is deleted, also while its run is still writing. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "server/core/answer_cache.h"
#include "server/stream/stream.h"
#include "server/task/conversations.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/restore/recorded_run.h"

namespace plenum::task {

struct DerivedDataOptions {
  std::shared_ptr<core::AnswerCache> cache{};               // null: no cache
  bool has_turns = true;                                    // false: a store has the turns
  std::optional<workflow::SimilarityOptions> similarity{};  // absent: only identical tasks share an answer
};

class DerivedData {
 public:
  // statistics must outlive the derived data.
  DerivedData(workflow::CallStatistics& statistics, DerivedDataOptions options)
      : statistics_(statistics), options_(std::move(options)) {}

  bool has_cache() const { return options_.cache != nullptr; }
  // Of a conversation, oldest first; empty if a store has them.
  std::vector<Turn> turns(std::string_view conversation_id) const { return conversations_.turns(conversation_id); }
  // Sets the cached answer of the assignment's keys, if there is one; else whether a similar task is searched for.
  void find_answer(workflow::Assignment& assignment, CacheUse use) const;
  // Likewise for a task that an earlier process was answering from the cache.
  void find_answer(workflow::Assignment& assignment, const StreamId& stream, const workflow::RecordedRun& log) const;

  // The task was accepted and has not started. Binds what its run records to the stream. Discards a cached answer that
  // was deleted in the meantime.
  void begin(const std::shared_ptr<stream::Stream>& stream, workflow::Assignment& assignment);
  // The task has ended.
  void end(const stream::Stream& stream);
  // The task is deleted. What its run records from now on is dropped.
  void remove(stream::Stream& stream);
  // Likewise of a finished task that is not in memory.
  void remove(const StreamId& finished);
  // Removes the turns of a conversation. False if there are none here.
  bool forget_conversation(std::string_view id) { return conversations_.forget(id); }

 private:
  static void set_answer(workflow::Assignment& assignment, std::optional<core::CachedAnswer> found);

  workflow::CallStatistics& statistics_;  // set once; any thread
  const DerivedDataOptions options_;      // set once
  Conversations conversations_;           // any thread
};

}  // namespace plenum::task
