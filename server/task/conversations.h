// The turns of each conversation: what was asked under a `conversation_id`, and what was answered. Kept in
// memory, and longer than the streams they come from. Every call may come from any thread.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/task_request.h"
#include "server/runtime/guarded.h"
#include "server/stream/stream.h"

namespace plenum::task {

// What the task came to as a turn; nothing unless it has ended with an answer.
std::optional<Turn> turn_of(const stream::Stream& stream);

struct ConversationLimits {
  std::size_t bytes_max = std::size_t{64} << 20;  // of all texts; the conversation that rested longest goes first
  std::size_t turns_max = 200;                    // of one conversation; older ones are forgotten
};

class Conversations {
 public:
  explicit Conversations(ConversationLimits limits = {}) : limits_(limits) {}

  // The turns that have ended with an answer, oldest first. Who has seen a task's last event finds its turn here.
  std::vector<Turn> turns(std::string_view id) const;
  // A task of the conversation was accepted; it becomes a turn if it ends with an answer.
  void begin(const std::shared_ptr<stream::Stream>& stream);
  // The task has ended.
  void end(const stream::Stream& stream);

 private:
  struct Entry {
    StreamId stream_id;
    std::weak_ptr<stream::Stream> stream;  // until it has ended
    Turn turn;                             // afterwards
  };
  struct Talk {
    std::vector<Entry> entries;  // in the order in which they were asked
    std::size_t bytes = 0;
    std::list<std::string>::iterator age;
  };
  struct Table {
    std::map<std::string, Talk, std::less<>> talks;
    std::list<std::string> by_age;  // the one that rested longest first
    std::size_t bytes = 0;
  };
  void make_room(Table& table) const;

  const ConversationLimits limits_;  // set once
  runtime::Guarded<Table> table_;    // guarded
};

}  // namespace plenum::task
