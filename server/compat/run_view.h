// State of the run for translators: task, members and chunks. Inside server/compat only. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "common/protocol/event.h"

namespace plenum::compat {

struct ChunkFacts {
  EventSource source;
  std::string kind;  // as in chunk_started
  std::optional<ChunkCompleted> completed;
};

class RunView {
 public:
  void apply(const ReceivedEvent& event);

  const TaskStarted& task() const { return task_; }
  const std::string& message_id() const { return message_id_; }
  const std::string& conversation_id() const { return conversation_id_; }
  // The chunk of the event; null for events of the task.
  const ChunkFacts* chunk(const ReceivedEvent& event) const;
  // In the order of their start.
  std::vector<const ChunkFacts*> of_kind(std::string_view kind) const;

 private:
  TaskStarted task_;
  std::string message_id_, conversation_id_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<ChunkFacts> chunks_;
};

// The result in a terminal event; null for others.
const TaskResult* result_of(const ReceivedEvent& event);
// Why the task was not completed; empty if it was.
std::string failure_of(const ReceivedEvent& event);

}  // namespace plenum::compat
