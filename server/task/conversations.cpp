#include "server/task/conversations.h"

#include <algorithm>
#include <utility>

namespace plenum::task {

std::optional<Turn> turn_of(const stream::Stream& stream) {
  std::string answer = stream.with_state([](const stream::StreamState& fold) {
    return fold.status == TaskStatus::completed && fold.result ? fold.result->answer : std::string();
  });
  if (answer.empty()) return std::nullopt;
  return Turn{stream.info().spec.task, std::move(answer)};
}

namespace {
std::size_t bytes_of(const Turn& turn) { return turn.question.size() + turn.answer.size(); }
}  // namespace

std::vector<Turn> Conversations::turns(std::string_view id) const {
  return table_.with([&](const Table& table) {
    std::vector<Turn> turns;
    const auto conversation = table.conversations.find(id);
    if (conversation == table.conversations.end()) return turns;
    for (const Entry& entry : conversation->second.entries) {
      if (!entry.turn.answer.empty()) {
        turns.push_back(entry.turn);
      } else if (const auto stream = entry.stream.lock()) {
        if (auto turn = turn_of(*stream)) turns.push_back(*std::move(turn));
      }
    }
    return turns;
  });
}

void Conversations::begin(const std::shared_ptr<stream::Stream>& stream) {
  const std::string& id = stream->info().spec.conversation_id;
  if (id.empty()) return;
  table_.with([&](Table& table) {
    const auto [found, is_new] = table.conversations.try_emplace(id);
    Conversation& conversation = found->second;
    if (is_new) {
      conversation.age = table.by_age.insert(table.by_age.end(), id);
      table.bytes += id.size();
    } else {
      table.by_age.splice(table.by_age.end(), table.by_age, conversation.age);
    }
    conversation.entries.push_back({stream->id(), stream, {}});
    if (conversation.entries.size() > limits_.turns_max) erase(table, conversation, conversation.entries.begin());
  });
}

template <class F>
void Conversations::change_entry(const stream::Stream& stream, F&& change) {
  const std::string& id = stream.info().spec.conversation_id;
  if (id.empty()) return;
  table_.with([&](Table& table) {
    const auto found = table.conversations.find(id);
    if (found == table.conversations.end()) return;
    Conversation& conversation = found->second;
    const auto entry = std::find_if(conversation.entries.begin(), conversation.entries.end(),
                                    [&](const Entry& one) { return one.stream_id == stream.id(); });
    if (entry != conversation.entries.end()) change(table, conversation, entry);
  });
}

void Conversations::end(const stream::Stream& stream) {
  auto turn = turn_of(stream);
  change_entry(stream, [&](Table& table, Conversation& conversation, Entries::iterator entry) {
    if (!turn) return erase(table, conversation, entry);
    entry->stream.reset();
    entry->turn = *std::move(turn);
    conversation.bytes += bytes_of(entry->turn);
    table.bytes += bytes_of(entry->turn);
    evict_oldest(table);
  });
}

void Conversations::remove(const stream::Stream& stream) { change_entry(stream, erase); }

void Conversations::erase(Table& table, Conversation& conversation, Entries::iterator entry) {
  const std::size_t bytes = bytes_of(entry->turn);
  conversation.bytes -= bytes;
  table.bytes -= bytes;
  conversation.entries.erase(entry);
  if (conversation.entries.empty()) erase_conversation(table, table.conversations.find(*conversation.age));
}

void Conversations::erase_conversation(Table& table,
                                       std::map<std::string, Conversation, std::less<>>::iterator conversation) {
  table.bytes -= conversation->second.bytes + conversation->first.size();
  table.by_age.erase(conversation->second.age);
  table.conversations.erase(conversation);
}

bool Conversations::forget(std::string_view id) {
  return table_.with([&](Table& table) {
    const auto found = table.conversations.find(id);
    if (found == table.conversations.end()) return false;
    erase_conversation(table, found);
    return true;
  });
}

void Conversations::evict_oldest(Table& table) const {
  while (table.bytes > limits_.bytes_max && !table.by_age.empty()) {
    erase_conversation(table, table.conversations.find(table.by_age.front()));
  }
}

}  // namespace plenum::task
