#include "client/api/delta_check.h"

#include <fmt/format.h>

#include "common/base/overloaded.h"
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
  std::optional<std::string> mismatch;
  std::visit(
      Overloaded{[&](const ChunkStarted&) { restart(chunk); },
                 [&](const ChunkReset&) {
                   if (open_.contains(chunk)) restart(chunk);
                 },
                 [&](const TokenStream& token) {
                   const auto deltas = open_.find(chunk);
                   if (deltas != open_.end() && token.kind == TokenKind::text) deltas->second->add(token.tokens);
                 },
                 [&](const Snapshot& snapshot) { take_snapshot(snapshot); },
                 [&](const ChunkCompleted& completed) { mismatch = compare(event, completed); }, [](const auto&) {}},
      event.payload);
  return mismatch;
}

// A snapshot replaces all events up to its number: its text of a chunk is that of the deltas so far.
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
  if (!deltas->any && completed.cached) return std::nullopt;  // a cached answer has no deltas

  const std::string streamed_sha = deltas->digest.finish();
  if (streamed_sha != sha256_hex(completed.output)) {
    return fmt::format("the streamed text of {} ({} characters) differs from the recorded text ({} characters)",
                       event.source.chunk, deltas->chars, code_points(completed.output));
  }
  if (completed.chars != deltas->chars || (!completed.sha256.empty() && completed.sha256 != streamed_sha)) {
    return fmt::format("chars or sha256 of {} do not match its text", event.source.chunk);
  }
  return std::nullopt;
}

}  // namespace plenum::client
