// The streams in memory, by id and in the order in which they were opened, and the tombstones of deleted streams.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/core/event_store.h"
#include "server/stream/conversation_table.h"
#include "server/stream/stream.h"

namespace plenum::stream {

struct TombstoneOptions {
  bool enabled = true;     // false: the store has its own
  seconds ttl{24 * 3600};  // how long a deleted id returns 410
  std::size_t count_max = 100'000;
};

// disk: the store can load the stream again. nothing: the stream is deleted, and its id is reported as gone.
enum class EvictTo { disk, nothing };

// Whether every word occurs in one of the texts. ASCII letters match in either case.
bool contains_words(std::initializer_list<std::string_view> texts, std::string_view words);
// Whether every word occurs in the task or in its answer.
bool matches_words(const Stream& stream, std::string_view words);

// One entry of a list: the stream if it is in memory, else its stored task.
struct TaskListEntry {
  std::shared_ptr<Stream> stream;
  core::StoredTask stored;
};

// Not thread-safe: its owner guards it.
class StreamTable {
 public:
  struct Row {
    std::shared_ptr<Stream> stream;
    std::list<StreamId>::iterator position;
    WallTime stored_use;  // the last use that the store knows
  };

  explicit StreamTable(TombstoneOptions tombstones) : tombstone_options_(tombstones) {}

  // Adds the stream, unless its id is in the table. Returns the stream of the table.
  std::shared_ptr<Stream> insert(std::shared_ptr<Stream> stream, WallTime stored_use);
  const Row* find(const StreamId& id) const;
  std::size_t size() const { return rows_.size(); }
  // Calls f(id, row) for every stream. f must not insert or remove.
  template <class F>
  void each(F&& f) {
    for (auto& [id, row] : rows_) f(id, row);
  }
  template <class F>
  void each(F&& f) const {
    for (const auto& [id, row] : rows_) f(id, row);
  }
  // All streams, in the order in which they were opened.
  std::vector<std::shared_ptr<Stream>> in_order() const;
  // Newest first. False if `before` is not in the table.
  bool list(const core::TaskQuery& query, std::vector<std::shared_ptr<Stream>>& found) const;

  // Removes the stream. Its observers are notified on its owner loop.
  void remove(const StreamId& id, SteadyTime now, EvictTo where);
  // Evicts the twentieth of the streams that is idle longest, at least one: a full table must not be searched for
  // every new stream. More of them if these hold less than so many bytes. Returns their number.
  std::size_t evict_longest_idle(SteadyTime now, EvictTo where, std::size_t bytes = 0);
  // Empty with a store, which has all conversations.
  ConversationTable& conversations() { return conversations_; }
  const ConversationTable& conversations() const { return conversations_; }
  bool has_tombstone(const StreamId& id) const { return tombstones_.contains(id); }
  void remove_expired_tombstones(SteadyTime now);

  std::uint64_t opened_total = 0, reaped_total = 0, evicted_total = 0;

 private:
  struct Tombstone {
    StreamId id;
    SteadyTime until;
  };
  void remove_oldest_tombstone();
  bool has_store() const { return !tombstone_options_.enabled; }

  const TombstoneOptions tombstone_options_;  // set once
  std::unordered_map<StreamId, Row> rows_;
  std::list<StreamId> by_age_;  // oldest first
  ConversationTable conversations_;
  std::unordered_set<StreamId> tombstones_;
  std::deque<Tombstone> tombstones_by_age_;  // oldest first
};

}  // namespace plenum::stream
