// State of the run for translators: task, members and chunks. Inside server/compat only. Not thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/json/json.h"
#include "common/protocol/event.h"

namespace plenum::compat {

struct ChunkFacts {
  EventSource source;
  std::string kind;  // as in chunk_started
  // For clients that identify a text by one name: the member, or if another chunk has that name, member and stage.
  std::string name;
  std::optional<ChunkCompleted> completed;

  bool ok() const { return completed && completed->status == ChunkStatus::ok; }
  // Whether its text is a contribution of a member, not a ranking, a synthesis or material.
  bool is_answer() const;
};

class RunView {
 public:
  void apply(const ReceivedEvent& event);

  const TaskStarted& task() const { return task_; }
  const std::string& message_id() const { return message_id_; }
  const std::string& conversation_id() const { return conversation_id_; }
  // The chunk of the event; null for events of the task.
  const ChunkFacts* chunk(const ReceivedEvent& event) const;
  // Null for an unknown id.
  const ChunkFacts* chunk_with_id(std::string_view id) const;
  // In the order of their start.
  std::vector<const ChunkFacts*> of_kind(std::string_view kind) const;
  std::vector<const ChunkFacts*> answers() const;
  // Gives the chunk another unique name: what follows is a new text.
  void rename(const std::string& chunk);

 private:
  std::string unique_name(const EventSource& source);

  TaskStarted task_;
  std::string message_id_, conversation_id_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::set<std::string> names_;
  std::vector<ChunkFacts> chunks_;
};

// The result in a terminal event; null for others.
const TaskResult* result_of(const ReceivedEvent& event);
// Why the task was not completed; empty if it was.
std::string failure_of(const ReceivedEvent& event);
// Why a chunk or an answer that is not ok failed. Never empty.
std::string failure_text(ChunkStatus status, const std::optional<ErrorInfo>& error);

}  // namespace plenum::compat
