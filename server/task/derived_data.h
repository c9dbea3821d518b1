// Derived data: what a task stores outside of its stream. Its turn in a conversation, its cached answer, and the
// samples of its calls. All of it goes when the task is deleted, also while its run is still writing. Any thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "server/core/answer_cache.h"
#include "server/stream/stream.h"
#include "server/task/conversations.h"
#include "server/workflow/planning/assignment.h"

namespace plenum::task {

struct DerivedDataOptions {
  std::shared_ptr<core::AnswerCache> cache{};  // null: no cache
  bool has_turns = true;                       // false: a store has the turns
};

class DerivedData {
 public:
  // statistics must outlive the derived data.
  DerivedData(workflow::CallStatistics& statistics, DerivedDataOptions options)
      : statistics_(statistics), options_(std::move(options)) {}

  bool has_cache() const { return options_.cache != nullptr; }
  // Of a conversation, oldest first; empty if a store has them.
  std::vector<Turn> turns(std::string_view conversation_id) const { return conversations_.turns(conversation_id); }
  // Sets the cached answer of the assignment's key, if there is one.
  void find_answer(workflow::Assignment& assignment) const;

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
  workflow::CallStatistics& statistics_;  // set once; any thread
  const DerivedDataOptions options_;      // set once
  Conversations conversations_;           // any thread
};

}  // namespace plenum::task
