#include "server/compat/run_view.h"

#include <utility>

namespace plenum::compat {

void RunView::apply(const ReceivedEvent& event) {
  if (!event.message_id.empty()) message_id_ = event.message_id;
  if (!event.conversation_id.empty()) conversation_id_ = event.conversation_id;
  if (const auto* started = std::get_if<TaskStarted>(&event.payload)) task_ = *started;
  if (event.source.chunk.empty()) return;
  const auto [place, is_new] = index_.try_emplace(event.source.chunk, chunks_.size());
  if (is_new) chunks_.push_back({});
  ChunkFacts& facts = chunks_[place->second];
  facts.source = event.source;
  if (const auto* started = std::get_if<ChunkStarted>(&event.payload)) facts.kind = started->kind;
  if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) facts.completed = *completed;
}

const ChunkFacts* RunView::chunk(const ReceivedEvent& event) const {
  const auto found = index_.find(event.source.chunk);
  // A step that writes a search query is part of no format.
  const bool shown = found != index_.end() && chunks_[found->second].kind != "query";
  return shown ? &chunks_[found->second] : nullptr;
}

std::vector<const ChunkFacts*> RunView::of_kind(std::string_view kind) const {
  std::vector<const ChunkFacts*> found;
  for (const ChunkFacts& facts : chunks_) {
    if (facts.kind == kind) found.push_back(&facts);
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
  if (const auto* failed = std::get_if<TaskError>(&event.payload)) return failed->error.message;
  if (const auto* cancelled = std::get_if<TaskCancelled>(&event.payload)) return "cancelled by " + cancelled->by;
  return {};
}

}  // namespace plenum::compat
