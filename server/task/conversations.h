// The turns of each conversation: the questions under a `conversation_id` and their answers. Held in
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

// The task as a turn; nothing unless it has completed with an answer.
std::optional<Turn> turn_of(const stream::Stream& stream);

struct ConversationLimits {
  std::size_t bytes_max = std::size_t{64} << 20;  // of all texts; the least recently used conversation is evicted first
  std::size_t turns_max = 200;                    // of one conversation; older ones are dropped
};

class Conversations {
 public:
  explicit Conversations(ConversationLimits limits = {}) : limits_(limits) {}

  // The turns that have ended with an answer, oldest first. Contains the turn of a task once its terminal event is
  // visible.
  std::vector<Turn> turns(std::string_view id) const;
  // A task of the conversation was accepted; it becomes a turn if it ends with an answer.
  void begin(const std::shared_ptr<stream::Stream>& stream);
  // The task has ended.
  void end(const stream::Stream& stream);
  // The task was deleted: it is no turn, and does not become one.
  void remove(const stream::Stream& stream);
  // Removes all turns of the conversation, also those of tasks that retention deleted. False if there are none.
  bool forget(std::string_view id);

 private:
  struct Entry {
    StreamId stream_id;
    std::weak_ptr<stream::Stream> stream;  // until it has ended
    Turn turn;                             // afterwards
  };
  struct Conversation {
    std::vector<Entry> entries;  // in the order of acceptance
    std::size_t bytes = 0;
    std::list<std::string>::iterator age;
  };
  struct Table {
    std::map<std::string, Conversation, std::less<>> conversations;
    std::list<std::string> by_age;  // least recently used first
    std::size_t bytes = 0;
  };
  using Entries = std::vector<Entry>;
  // Calls change(table, conversation, entry) with the entry of the stream, if there is one.
  template <class F>
  void change_entry(const stream::Stream& stream, F&& change);
  static void erase(Table& table, Conversation& conversation, Entries::iterator entry);
  static void erase_conversation(Table& table, std::map<std::string, Conversation, std::less<>>::iterator conversation);
  void evict_oldest(Table& table) const;

  const ConversationLimits limits_;  // set once
  runtime::Guarded<Table> table_;    // guarded
};

}  // namespace plenum::task
