#include "client/cli/live/run_texts.h"

#include <algorithm>

#include "common/json/json_access.h"

namespace plenum::client {

void RunTexts::apply(const ReceivedEvent& event) {
  if (const auto* tokens = std::get_if<TokenStream>(&event.payload)) {
    ChunkText& chunk = chunk_of(event.source);
    append(tokens->kind == TokenKind::reasoning ? chunk.reasoning : chunk.text, tokens->tokens);
  } else if (const auto* started = std::get_if<ChunkStarted>(&event.payload)) {
    ChunkText& chunk = chunk_of(event.source);
    chunk.kind = started->kind;
    chunk.from_start = true;
  } else if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
    ChunkText& chunk = chunk_of(event.source);
    if (chunk.text.empty()) append(chunk.text, completed->output);  // a chunk without deltas
    chunk.sources = completed->sources;
    chunk.ended = true;
  } else if (std::holds_alternative<ChunkReset>(event.payload)) {
    ChunkText& chunk = chunk_of(event.source);
    bytes_ -= chunk.text.size() + chunk.reasoning.size();
    chunk.text.clear();
    chunk.reasoning.clear();
    chunk.written = 0;
  } else if (const auto* snapshot = std::get_if<Snapshot>(&event.payload)) {
    on_snapshot(*snapshot);
  }
}

ChunkText* RunTexts::find(const std::string& chunk) {
  // From the newest: few chunks are open at once.
  const auto found =
      std::find_if(chunks_.rbegin(), chunks_.rend(), [&](const ChunkText& one) { return one.source.chunk == chunk; });
  return found == chunks_.rend() ? nullptr : &*found;
}

ChunkText& RunTexts::chunk_of(const EventSource& source) {
  ChunkText* found = find(source.chunk);
  ChunkText& chunk = found != nullptr ? *found : chunks_.emplace_back();
  chunk.source = source;
  return chunk;
}

void RunTexts::append(std::string& text, std::string_view more) {
  const std::string_view fitting = more.substr(0, text_bytes_max - bytes_);
  if (fitting.size() < more.size()) complete_ = false;
  text += fitting;
  bytes_ += fitting.size();
}

// A snapshot has the whole text of every chunk; what was written of a chunk stays written.
void RunTexts::on_snapshot(const Snapshot& snapshot) {
  const Result<Json> state = parse_json(snapshot.state_json);
  if (!state) return;
  items_at(*state, "chunks", [this](const Json& json) {
    ChunkText& chunk =
        chunk_of({text_at(json, "chunk"), int_at(json, "chunk_number"), text_at(json, "agent"), text_at(json, "stage"),
                  text_at(json, "member"), text_at(json, "model"), int_at(json, "attempt")});
    bytes_ -= chunk.text.size() + chunk.reasoning.size();
    chunk.text.clear();
    chunk.reasoning.clear();
    append(chunk.text, text_at(json, "text"));
    append(chunk.reasoning, text_at(json, "reasoning"));
    chunk.written = std::min(chunk.written, chunk.text.size());
    chunk.sources = sources_from(value_at(json, "sources"));
    chunk.ended = chunk_status_named(text_at(json, "status")).has_value();
    return true;
  });
}

}  // namespace plenum::client
