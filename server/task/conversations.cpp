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
    const auto talk = table.talks.find(id);
    if (talk == table.talks.end()) return turns;
    for (const Entry& entry : talk->second.entries) {
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
    const auto [found, is_new] = table.talks.try_emplace(id);
    Talk& talk = found->second;
    if (is_new) {
      talk.age = table.by_age.insert(table.by_age.end(), id);
      table.bytes += id.size();
    } else {
      table.by_age.splice(table.by_age.end(), table.by_age, talk.age);
    }
    talk.entries.push_back({stream->id(), stream, {}});
    if (talk.entries.size() <= limits_.turns_max) return;
    const std::size_t bytes = bytes_of(talk.entries.front().turn);
    talk.bytes -= bytes;
    table.bytes -= bytes;
    talk.entries.erase(talk.entries.begin());
  });
}

void Conversations::end(const stream::Stream& stream) {
  const std::string& id = stream.info().spec.conversation_id;
  if (id.empty()) return;
  auto turn = turn_of(stream);
  table_.with([&](Table& table) {
    const auto found = table.talks.find(id);
    if (found == table.talks.end()) return;
    Talk& talk = found->second;
    const auto entry = std::find_if(talk.entries.begin(), talk.entries.end(),
                                    [&](const Entry& one) { return one.stream_id == stream.id(); });
    if (entry == talk.entries.end()) return;
    if (!turn) {
      talk.entries.erase(entry);
    } else {
      entry->stream.reset();
      entry->turn = *std::move(turn);
      talk.bytes += bytes_of(entry->turn);
      table.bytes += bytes_of(entry->turn);
    }
    if (talk.entries.empty()) {
      table.bytes -= talk.age->size();
      table.by_age.erase(talk.age);
      table.talks.erase(found);
    }
    make_room(table);
  });
}

void Conversations::make_room(Table& table) const {
  while (table.bytes > limits_.bytes_max && !table.by_age.empty()) {
    const auto oldest = table.talks.find(table.by_age.front());
    table.bytes -= oldest->second.bytes + oldest->first.size();
    table.talks.erase(oldest);
    table.by_age.pop_front();
  }
}

}  // namespace plenum::task
