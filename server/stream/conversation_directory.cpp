#include "server/stream/conversation_directory.h"

#include <utility>

#include "server/stream/stored_stream.h"

namespace plenum::stream {

namespace {

// The stream of a cursor; null without one. Fails if the stream was deleted.
Result<const Stream*> stream_at(const StreamTable& table, const std::optional<StreamId>& cursor) {
  if (!cursor) return nullptr;
  const StreamTable::Row* row = table.find(*cursor);
  if (row == nullptr) return Failure(core::cursor_expired());
  return row->stream.get();
}

std::vector<ConversationEntry> first_of(ConversationTable::Streams streams, const core::ConversationTaskQuery& query) {
  std::vector<ConversationEntry> entries;
  std::size_t bytes = 0;
  for (auto& stream : streams) {
    if (entries.size() == query.limit) break;
    ConversationEntry entry;
    entry.answer = stream->with_state([](const StreamState& state) {
      return state.status == TaskStatus::completed && state.result ? state.result->answer : std::string();
    });
    bytes += stream->info().spec.task.size() + entry.answer.size();
    if (!entries.empty() && bytes > query.bytes_max) break;
    entry.listed.stream = std::move(stream);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

Result<std::vector<core::StoredConversation>> ConversationDirectory::list(const core::ConversationQuery& query) const {
  if (store_ != nullptr) return store_->conversations(query);
  return table_.with([&](const StreamTable& table) -> Result<std::vector<core::StoredConversation>> {
    const auto before = stream_at(table, query.before);
    if (!before) return Failure(before.error());
    return table.conversations().list(query, *before);
  });
}

Result<core::StoredConversation> ConversationDirectory::find(const std::string& id) const {
  if (store_ != nullptr) return store_->conversation(id);
  auto found = table_.with([&](const StreamTable& table) { return table.conversations().find(id); });
  if (!found) return Failure(core::no_such_conversation());
  return *std::move(found);
}

Result<std::vector<ConversationEntry>> ConversationDirectory::tasks(const core::ConversationTaskQuery& query) const {
  if (store_ != nullptr) {
    core::ConversationTaskQuery reduced = query;
    reduced.reduce = &reduce_info;
    auto stored = store_->conversation_tasks(reduced);
    if (!stored) return Failure(std::move(stored.error()));
    return entries_of(*std::move(stored));
  }
  auto streams = table_.with([&](const StreamTable& table) -> Result<ConversationTable::Streams> {
    const auto after = stream_at(table, query.after);
    if (!after) return Failure(after.error());
    return table.conversations().streams_of(query.conversation_id, *after);
  });
  if (!streams) return Failure(std::move(streams.error()));
  return first_of(*std::move(streams), query);
}

std::vector<ConversationEntry> ConversationDirectory::entries_of(std::vector<core::ConversationTask> stored) const {
  std::vector<ConversationEntry> entries;
  table_.with([&](const StreamTable& table) {
    for (core::ConversationTask& one : stored) {
      const StreamTable::Row* row = table.find(one.task.id);
      entries.push_back(
          {{row == nullptr ? nullptr : row->stream, std::move(one.task)}, std::move(one.answer), one.intact});
    }
  });
  return entries;
}

Result<void> ConversationDirectory::rename(const std::string& id, const std::string& title) const {
  if (const auto found = find(id); !found) return Failure(found.error());
  if (store_ != nullptr) return store_->rename_conversation(id, title);
  table_.with([&](StreamTable& table) { table.conversations().rename(id, title); });
  return {};
}

}  // namespace plenum::stream
