// The cache: what a whole run said is kept, and a run that is answered from there says it again in one go.
#include <fmt/format.h>

#include "common/json/json_writer.h"
#include "server/workflow/run/recorded_answer.h"
#include "server/workflow/run/run_state.h"

namespace plenum::workflow {

namespace {

SystemMessage hit_message(const Cost& saved) {
  SystemMessage message{"info", cache_hit_code, "Answered from the cache: nobody was asked.", {}};
  JsonFields fields(message.fields_json);
  if (saved.usd) fields.real("saved_usd", *saved.usd);
  return message;
}

}  // namespace

void Run::State::keep_for_cache(const Chunk& chunk, const ChunkCompleted& completed) {
  if (!assignment.cache) return;
  const Step& step = record.step(chunk.step);
  kept.push_back({ChunkStarted{step.description, std::string(kind_of(step, *assignment.workflow))}, chunk.source});
  kept.push_back({completed, chunk.source});
}

void Run::State::store(const TaskResult& result) {
  if (!assignment.cache || result.degraded) return;
  kept.push_back({TaskCompleted{result}, nullptr});
  assignment.cache->put(assignment.cache_key, workflow::record(kept));
}

void Run::State::replay(std::vector<Event> events) {
  TaskResult& result = std::get<TaskCompleted>(events.back().payload).result;
  if (!was_said(cache_hit_code)) {
    say({hit_message(result.cost), nullptr});
    say_progress();
  }
  const Past said = resume ? std::move(resume->past) : Past();  // by an earlier run of the same stream
  TaskProgress progress;
  for (Event& event : as_cached(std::move(events))) {
    const auto chunk = event.source ? said.chunks.find(event.source->chunk) : said.chunks.end();
    const bool begun_before = chunk != said.chunks.end();
    if (event.type() == EventType::chunk_started && begun_before) continue;
    if (event.type() == EventType::chunk_completed) {
      const auto& completed = std::get<ChunkCompleted>(event.payload);
      progress.completed_chunks.push_back(event.source->chunk);
      if (begun_before && chunk->second.completed) continue;
      const bool text_was_said = begun_before && !chunk->second.text.empty();
      if (!completed.output.empty() && !text_was_said)
        say({TokenStream{completed.output, TokenKind::text}, event.source});
    } else if (event.terminal()) {
      progress.completed = progress.total_chunks = static_cast<int>(progress.completed_chunks.size());
      progress.elapsed_ms = std::chrono::duration_cast<milliseconds>(loop.clock().steady() - begun).count();
      progress.cost = Cost{0.0, CostOrigin::reported};
      say({progress, nullptr});
      return finish(std::move(event));
    }
    say(std::move(event));
  }
}

}  // namespace plenum::workflow
