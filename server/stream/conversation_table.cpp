#include "server/stream/conversation_table.h"

#include <algorithm>
#include <iterator>

#include "server/stream/stream_table.h"

namespace plenum::stream {

namespace {

bool matches(const core::StoredConversation& conversation, const ConversationTable::Streams& streams,
             std::string_view words) {
  if (contains_words({conversation.title}, words)) return true;
  return std::any_of(streams.begin(), streams.end(), [&](const auto& stream) { return matches_words(*stream, words); });
}

}  // namespace

std::optional<std::uint64_t> ConversationTable::number_of(const Entry& entry, const Stream& stream) {
  const auto found = std::find_if(entry.streams.begin(), entry.streams.end(),
                                  [&](const auto& one) { return one.second.get() == &stream; });
  if (found == entry.streams.end()) return std::nullopt;
  return found->first;
}

void ConversationTable::insert(const std::shared_ptr<Stream>& stream) {
  const std::string& id = stream->info().spec.conversation_id;
  if (id.empty()) return;
  Entry& entry = entries_[id];
  if (!entry.streams.empty()) by_newest_.erase(entry.streams.rbegin()->first);
  entry.streams.emplace(++inserted_, stream);
  by_newest_.emplace(inserted_, id);
}

void ConversationTable::remove(const Stream& stream) {
  const auto found = entries_.find(stream.info().spec.conversation_id);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const auto number = number_of(entry, stream);
  if (!number) return;
  by_newest_.erase(entry.streams.rbegin()->first);
  entry.streams.erase(*number);
  if (entry.streams.empty()) {
    entries_.erase(found);
  } else {
    by_newest_.emplace(entry.streams.rbegin()->first, found->first);
  }
}

core::StoredConversation ConversationTable::summary_of(const std::string& id, const Entry& entry) {
  core::StoredConversation summary;
  summary.id = id;
  summary.title = entry.title;
  const StreamInfo& first = entry.streams.begin()->second->info();
  summary.first_task = first.spec.task;
  summary.created_at = summary.updated_at = first.created_at;
  summary.newest = entry.streams.rbegin()->second->id();
  summary.tasks = entry.streams.size();
  for (const auto& [number, stream] : entry.streams) {
    summary.updated_at = std::max(summary.updated_at, stream->info().created_at);
    stream->with_state([&](const StreamState& state) {
      if (state.status == TaskStatus::completed) ++summary.completed;
      if (state.finished_at) summary.updated_at = std::max(summary.updated_at, *state.finished_at);
    });
  }
  return summary;
}

Result<std::vector<core::StoredConversation>> ConversationTable::list(const core::ConversationQuery& query,
                                                                      const Stream* before) const {
  auto next = by_newest_.end();
  if (before != nullptr) {
    const auto entry = entries_.find(before->info().spec.conversation_id);
    const auto number = entry == entries_.end() ? std::nullopt : number_of(entry->second, *before);
    if (!number) return Failure(core::cursor_expired());
    next = by_newest_.lower_bound(*number);
  }
  std::vector<core::StoredConversation> found;
  while (next != by_newest_.begin() && found.size() < query.limit) {
    const std::string& id = (--next)->second;
    const Entry& entry = entries_.at(id);
    core::StoredConversation summary = summary_of(id, entry);
    Streams streams;
    for (const auto& [number, stream] : entry.streams) streams.push_back(stream);
    if (matches(summary, streams, query.words)) found.push_back(std::move(summary));
  }
  return found;
}

std::optional<core::StoredConversation> ConversationTable::find(const std::string& id) const {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return std::nullopt;
  return summary_of(id, entry->second);
}

Result<ConversationTable::Streams> ConversationTable::streams_of(const std::string& id, const Stream* after) const {
  Streams streams;
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return streams;
  auto next = entry->second.streams.begin();
  if (after != nullptr) {
    const auto number = number_of(entry->second, *after);
    if (!number) return Failure(core::cursor_expired());
    next = entry->second.streams.upper_bound(*number);
  }
  for (; next != entry->second.streams.end(); ++next) streams.push_back(next->second);
  return streams;
}

void ConversationTable::rename(const std::string& id, const std::string& title) {
  const auto entry = entries_.find(id);
  if (entry != entries_.end()) entry->second.title = title;
}

}  // namespace plenum::stream
