#include "server/compat/run_view.h"

#include <utility>

namespace plenum::compat {

bool ChunkFacts::is_answer() const {
  for (const std::string_view other : {"rank", "merge", "search", "query", "verdict"}) {
    if (kind == other) return false;
  }
  return true;
}

void RunView::apply(const ReceivedEvent& event) {
  if (!event.message_id.empty()) message_id_ = event.message_id;
  if (!event.conversation_id.empty()) conversation_id_ = event.conversation_id;
  if (const auto* started = std::get_if<TaskStarted>(&event.payload)) task_ = *started;
  if (event.source.chunk.empty()) return;
  const auto [place, is_new] = index_.try_emplace(event.source.chunk, chunks_.size());
  if (is_new) chunks_.push_back({});
  ChunkFacts& facts = chunks_[place->second];
  // A substitute answers under its own name.
  const bool other_member = !is_new && facts.source.member != event.source.member;
  facts.source = event.source;
  if (const auto* started = std::get_if<ChunkStarted>(&event.payload)) facts.kind = started->kind;
  if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) facts.completed = *completed;
  if (is_new || other_member) facts.name = facts.is_answer() ? unique_name(facts.source) : facts.source.member;
}

std::string RunView::unique_name(const EventSource& source) {
  if (names_.insert(source.member).second) return source.member;
  const std::string base = source.member + " (" + source.stage;
  std::string name = base + ")";
  for (int number = 2; !names_.insert(name).second; ++number) name = base + " " + std::to_string(number) + ")";
  return name;
}

void RunView::rename(const std::string& chunk) {
  const auto found = index_.find(chunk);
  if (found == index_.end()) return;
  ChunkFacts& facts = chunks_[found->second];
  names_.insert(facts.name);  // the name of a synthesis may not be in the set yet
  facts.name = unique_name(facts.source);
}

const ChunkFacts* RunView::chunk_with_id(std::string_view id) const {
  const auto found = index_.find(id);
  return found != index_.end() ? &chunks_[found->second] : nullptr;
}

const ChunkFacts* RunView::chunk(const ReceivedEvent& event) const {
  const ChunkFacts* facts = chunk_with_id(event.source.chunk);
  // A step that writes a search query is part of no format.
  return facts != nullptr && facts->kind != "query" ? facts : nullptr;
}

std::vector<const ChunkFacts*> RunView::of_kind(std::string_view kind) const {
  std::vector<const ChunkFacts*> found;
  for (const ChunkFacts& facts : chunks_) {
    if (facts.kind == kind) found.push_back(&facts);
  }
  return found;
}

std::vector<const ChunkFacts*> RunView::answers() const {
  std::vector<const ChunkFacts*> found;
  for (const ChunkFacts& facts : chunks_) {
    if (facts.is_answer()) found.push_back(&facts);
  }
  return found;
}

const TaskResult* result_of(const ReceivedEvent& event) {
  if (const auto* completed = std::get_if<TaskCompleted>(&event.payload)) return &completed->result;
  if (const auto* failed = std::get_if<TaskError>(&event.payload)) return &failed->result;
  if (const auto* cancelled = std::get_if<TaskCancelled>(&event.payload)) return &cancelled->result;
  return nullptr;
}

std::string failure_of(const ReceivedEvent& event) {
  if (const auto* failed = std::get_if<TaskError>(&event.payload)) {
    return failed->error.message.empty() ? "the task failed" : failed->error.message;
  }
  if (const auto* cancelled = std::get_if<TaskCancelled>(&event.payload)) return "cancelled by " + cancelled->by;
  return {};
}

std::string failure_text(ChunkStatus status, const std::optional<ErrorInfo>& error) {
  return error && !error->message.empty() ? error->message : std::string(name_of(status));
}

}  // namespace plenum::compat
