#include "client/api/delta_check.h"

#include <fmt/format.h>

#include "common/base/sha256.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::client {

struct DeltaCheck::Deltas {
  RunningSha256 digest;
  std::int64_t chars = 0;
  bool any = false;

  void add(std::string_view text) {
    digest.add(text);
    chars += static_cast<std::int64_t>(code_points(text));
    any = any || !text.empty();
  }
};

DeltaCheck::DeltaCheck() = default;
DeltaCheck::~DeltaCheck() = default;

void DeltaCheck::restart(const std::string& chunk) { open_[chunk] = std::make_unique<Deltas>(); }

std::optional<std::string> DeltaCheck::take(const ReceivedEvent& event) {
  const std::string& chunk = event.source.chunk;
  switch (event.type()) {
    case EventType::chunk_started:
      restart(chunk);
      break;
    case EventType::chunk_reset:
      if (open_.contains(chunk)) restart(chunk);
      break;
    case EventType::token_stream: {
      const auto& token = std::get<TokenStream>(event.payload);
      const auto deltas = open_.find(chunk);
      if (deltas != open_.end() && token.kind == TokenKind::text) deltas->second->add(token.tokens);
      break;
    }
    case EventType::snapshot:
      take_snapshot(std::get<Snapshot>(event.payload));
      break;
    case EventType::chunk_completed:
      return compare(event, std::get<ChunkCompleted>(event.payload));
    default:
      break;
  }
  return std::nullopt;
}

// A snapshot stands for all events up to its number: what it holds of a chunk is its deltas so far.
void DeltaCheck::take_snapshot(const Snapshot& snapshot) {
  open_.clear();
  const Result<Json> state = parse_json(snapshot.state_json);
  if (!state) return;
  items_at(*state, "chunks", [this](const Json& chunk) {
    const std::string name = text_at(chunk, "chunk");
    restart(name);
    open_[name]->add(text_at(chunk, "text"));
    return true;
  });
}

std::optional<std::string> DeltaCheck::compare(const ReceivedEvent& event, const ChunkCompleted& completed) {
  const auto found = open_.find(event.source.chunk);
  if (found == open_.end()) return std::nullopt;
  const std::unique_ptr<Deltas> deltas = std::move(found->second);
  open_.erase(found);
  if (!deltas->any && completed.cached) return std::nullopt;  // a cached answer comes in one shot

  const std::string streamed_sha = deltas->digest.finish();
  if (streamed_sha != sha256_hex(completed.output)) {
    return fmt::format("the text streamed for {} ({} characters) is not the text recorded for it ({} characters)",
                       event.source.chunk, deltas->chars, code_points(completed.output));
  }
  if (completed.chars != deltas->chars || (!completed.sha256.empty() && completed.sha256 != streamed_sha)) {
    return fmt::format("chars or sha256 of {} do not fit its text", event.source.chunk);
  }
  return std::nullopt;
}

}  // namespace plenum::client
