// The conversations of the streams in memory, without a store: their streams in the order of acceptance, and their
// titles.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/core/event_store.h"
#include "server/stream/stream.h"

namespace plenum::stream {

// Not thread-safe: its owner guards it.
class ConversationTable {
 public:
  using Streams = std::vector<std::shared_ptr<Stream>>;

  // No effect for a stream without a conversation; likewise below.
  void insert(const std::shared_ptr<Stream>& stream);
  // The last stream of a conversation removes it with its title.
  void remove(const Stream& stream);
  // By their newest stream, newest first. before: only conversations whose newest stream is older than this one. Fails
  // with invalid_cursor if `before` has no conversation.
  Result<std::vector<core::StoredConversation>> list(const core::ConversationQuery& query, const Stream* before) const;
  std::optional<core::StoredConversation> find(const std::string& id) const;
  // Oldest first, those after `after`; null: all. Fails with invalid_cursor if `after` is not in the conversation.
  Result<Streams> streams_of(const std::string& id, const Stream* after) const;
  void rename(const std::string& id, const std::string& title);

 private:
  struct Entry {
    std::string title;
    std::map<std::uint64_t, std::shared_ptr<Stream>> streams;  // by number
  };
  // The number of the stream, if it is in this conversation.
  static std::optional<std::uint64_t> number_of(const Entry& entry, const Stream& stream);
  static core::StoredConversation summary_of(const std::string& id, const Entry& entry);

  std::uint64_t inserted_ = 0;  // the number of the newest stream
  std::unordered_map<std::string, Entry> entries_;
  std::map<std::uint64_t, std::string> by_newest_;  // ids, by the number of the newest stream
};

}  // namespace plenum::stream
