// The conversations of the store, or without one those of the streams in memory. Any thread except event loops: calls
// may block on the disk, and fail with the errors of the store.
#pragma once

#include <string>
#include <vector>

#include "server/core/event_store.h"
#include "server/runtime/guarded.h"
#include "server/stream/stream_table.h"

namespace plenum::stream {

// One task of a conversation.
struct ConversationEntry {
  TaskListEntry listed;
  std::string answer;  // empty: none
  bool intact = true;  // false: stored data is damaged; only the id is certain
};

class ConversationDirectory {
 public:
  // store: null without persistence. Table and store must outlive the directory.
  ConversationDirectory(runtime::Guarded<StreamTable>& table, core::EventStore* store) : table_(table), store_(store) {}

  // By their newest task, newest first. Fails with invalid_cursor if `before` was deleted.
  Result<std::vector<core::StoredConversation>> list(const core::ConversationQuery& query) const;
  // Fails with not_found; likewise rename().
  Result<core::StoredConversation> find(const std::string& id) const;
  // Oldest first; empty for an unknown conversation. Fails with invalid_cursor if `after` was deleted.
  Result<std::vector<ConversationEntry>> tasks(const core::ConversationTaskQuery& query) const;
  // Empty: removes the title.
  Result<void> rename(const std::string& id, const std::string& title) const;

 private:
  std::vector<ConversationEntry> entries_of(std::vector<core::ConversationTask> stored) const;

  runtime::Guarded<StreamTable>& table_;  // set once; guarded
  core::EventStore* const store_;         // set once
};

}  // namespace plenum::stream
