#include "server/workflow/run/restore/cached_run.h"

#include <memory>
#include <utility>

#include "common/base/overloaded.h"
#include "common/base/sha256.h"
#include "server/workflow/run/state/run_messages.h"

namespace plenum::workflow {

namespace {

constexpr Cost no_cost{0.0, CostOrigin::reported};

const RecordedChunk* find(const RecordedRun& emitted, const Event& event) {
  if (!event.source) return nullptr;
  const auto found = emitted.chunks.find(event.source->chunk);
  return found == emitted.chunks.end() ? nullptr : &found->second;
}

}  // namespace

std::string write_cached_run(std::span<const Event> events) {
  const EventEncoder encoder(StreamId{}, "", "", "");
  std::string lines;
  for (const Event& event : events) {
    encoder.append_json(lines, event, {});
    lines += '\n';
  }
  return sha256_hex(lines) + '\n' + lines;
}

std::optional<std::vector<Event>> read_cached_run(std::string_view bytes) {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view lines = bytes.substr(end + 1);
  if (sha256_hex(lines) != bytes.substr(0, end)) return std::nullopt;
  std::vector<Event> events;
  while (!lines.empty()) {
    const auto line_end = lines.find('\n');
    auto event = parse_event(lines.substr(0, line_end));
    if (!event || line_end == std::string_view::npos) return std::nullopt;
    std::shared_ptr<const EventSource> source;
    if (!event->source.chunk.empty()) source = std::make_shared<const EventSource>(std::move(event->source));
    events.push_back(Event{std::move(event->payload), std::move(source)});
    lines.remove_prefix(line_end + 1);
  }
  if (events.empty() || events.back().type() != EventType::task_completed) return std::nullopt;
  return events;
}

ChunkCompleted as_cached(ChunkCompleted completed) {
  completed.cached = true;
  completed.usage = {};
  completed.cost = no_cost;
  return completed;
}

std::vector<Event> as_cached(std::vector<Event> events, const CacheOrigin& origin) {
  for (Event& event : events) {
    std::visit(Overloaded{
                   [](ChunkCompleted& completed) { completed = as_cached(std::move(completed)); },
                   [&](TaskCompleted& end) {
                     end.result.cached = true;
                     end.result.cache = origin;
                     end.result.usage = {};
                     end.result.cost = no_cost;
                     end.result.receipts.clear();
                     for (MemberAnswer& answer : end.result.answers) {
                       answer.usage = {};
                       answer.cost = no_cost;
                     }
                   },
                   [](auto&) {},
               },
               event.payload);
  }
  return events;
}

std::vector<Event> events_from_cache(CacheHit hit, const RecordedRun& emitted, TaskProgress first) {
  std::vector<Event> events;
  TaskProgress last;
  last.elapsed_ms = first.elapsed_ms;
  last.cost = no_cost;
  if (emitted.codes.count(cache_hit_code) == 0) {
    const Cost saved = std::get<TaskCompleted>(hit.events.back().payload).result.cost;
    events.push_back({cache_hit_message(saved, hit.origin, hit.task), nullptr});
    events.push_back({std::move(first), nullptr});
  }
  for (Event& event : as_cached(std::move(hit.events), hit.origin)) {
    const RecordedChunk* before = find(emitted, event);
    if (before != nullptr && event.type() == EventType::chunk_started) continue;
    if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
      last.completed_chunks.push_back(event.source->chunk);
      if (before != nullptr && before->completed) continue;
      const bool has_text = before != nullptr && !before->text.empty();
      if (!completed->output.empty() && !has_text) {
        events.push_back({TokenStream{completed->output, TokenKind::text}, event.source});
      }
    }
    if (event.terminal()) {
      last.completed = last.total_chunks = static_cast<int>(last.completed_chunks.size());
      events.push_back({last, nullptr});
    }
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace plenum::workflow
