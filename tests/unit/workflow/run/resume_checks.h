// Invariants of the log of a run that was resumed once or more often.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/stream/stream_state.h"
#include "tests/unit/workflow/run/resume_fixture.h"

namespace plenum::tests {

using Texts = std::vector<std::string>;

inline stream::StreamState state_of(const std::vector<Event>& log) {
  stream::StreamState fold;
  for (std::size_t i = 0; i < log.size(); ++i) fold.apply(log[i], {i + 1, {}, static_cast<std::int64_t>(i)});
  return fold;
}

// Texts and ends, without what an attempt more changes: costs, numbers of attempts, order of the ends.
inline Texts facts_of(const std::vector<Event>& log) {
  const stream::StreamState fold = state_of(log);
  const TaskResult& result = *fold.result;
  Texts out{std::string(name_of(fold.status)),
            fold.error ? fold.error->code + " " + fold.error->message : "",
            result.answer,
            result.synthesis,
            result.rankings_json,
            result.votes_json,
            result.review_json,
            result.verdict_json,
            result.verdict_absent_reason,
            result.readiness_json,
            result.degraded ? "degraded" : "",
            fmt::format("{}/{} {}", fold.progress.completed, fold.progress.total_chunks, fold.open_chunks)};
  for (const MemberAnswer& answer : result.answers) {
    out.push_back(
        fmt::format("{} {} {} {}: {}", answer.chunk, answer.member, answer.model, name_of(answer.status), answer.text));
  }
  Texts reasons = result.reasons;
  for (const auto& chunk : fold.chunks) {
    reasons.push_back(fmt::format("{} {} {}", chunk.source.chunk, name_of(chunk.status), chunk.text));
  }
  for (const Event& event : log) {
    if (const auto* message = std::get_if<SystemMessage>(&event.payload)) {
      if (message->code == "retry" || message->code == "resumed" || message->code == "budget_wait" ||
          message->code == "budget_warning" || message->code == "budget_reserved")
        continue;
      if (RunFixture::is_follow_up(event)) continue;  // made again when the server was restarted meanwhile
      reasons.push_back((event.source ? event.source->chunk + " " : "") + message->code);
    } else if (const auto* metrics = std::get_if<MetricsPartial>(&event.payload)) {
      reasons.push_back("stage " + metrics->stage);
    }
  }
  std::sort(reasons.begin(), reasons.end());
  out.insert(out.end(), reasons.begin(), reasons.end());
  return out;
}

// One line for each attempt in the log, with its end.
inline std::string outcome_of(const std::vector<Event>& log) {
  return fmt::format("{}", fmt::join(facts_of(log), "\n"));
}

inline std::string text_of(const Generation& generation) {
  return fmt::format("{} {} {} {} {} {} {}", generation.model, generation.id, generation.provider,
                     generation.request_id, generation.started_at, generation.parameters_json,
                     generation.prompt_version);
}

inline std::string receipts_in_log(const std::vector<Event>& log) {
  Texts receipts;
  const auto tell = [&](const Event& event, ChunkStatus status, const Cost& cost, const Generation& generation) {
    const EventSource& source = *event.source;
    receipts.push_back(fmt::format("{} {} {} {} {} {} {}", source.chunk, source.attempt, source.member, source.model,
                                   name_of(status), cost.usd.value_or(-1), text_of(generation)));
  };
  const auto of_message = [](const Event& event) {
    const auto fields = parse_json("{" + std::get<SystemMessage>(event.payload).fields_json + "}");
    return generation_from(fields.value());
  };
  for (const Event& event : log) {
    if (const auto* reset = std::get_if<ChunkReset>(&event.payload)) {
      tell(event, reset->status, reset->cost, reset->generation);
    } else if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
      if (!completed->cached) tell(event, completed->status, completed->cost, completed->generation);
    } else if (const auto* message = std::get_if<SystemMessage>(&event.payload); message && message->code == "retry") {
      tell(event, ChunkStatus::timeout, {0.0, CostOrigin::estimated}, of_message(event));
    } else if (RunFixture::is_follow_up(event)) {
      tell(event, ChunkStatus::ok, {0.25, CostOrigin::reported}, of_message(event));
    }
  }
  std::sort(receipts.begin(), receipts.end());
  return fmt::format("{}", fmt::join(receipts, "\n"));
}

inline std::string receipts_of(const TaskResult& result) {
  Texts out;
  for (const Receipt& receipt : result.receipts) {
    if (receipt.provider != receipt.member.substr(0, 1)) out.push_back("wrong provider " + receipt.provider);
    out.push_back(fmt::format("{} {} {} {} {} {} {}", receipt.chunk, receipt.attempt, receipt.member, receipt.model,
                              name_of(receipt.status), receipt.cost.usd.value_or(-1), text_of(receipt.generation)));
  }
  std::sort(out.begin(), out.end());
  return fmt::format("{}", fmt::join(out, "\n"));
}

// The violated invariants of a log that was resumed any number of times; empty: none.
inline std::string faults_of(const std::vector<Event>& log) {
  std::map<std::string, std::string> texts;  // of the attempts under way, by chunk
  std::map<std::string, int> attempts;       // likewise; 0: the chunk has ended
  std::set<int> numbers;
  std::string faults;
  const auto must = [&](bool holds, const Event& event, const char* what) {
    if (!holds) faults += fmt::format("{} {}: {}\n", name_of(event.type()), event.source->chunk, what);
  };
  for (const Event& event : log) {
    if (!event.source || event.terminal()) continue;
    const std::string& chunk = event.source->chunk;
    if (event.type() == EventType::chunk_started) {
      must(texts.emplace(chunk, "").second, event, "begins twice");
      must(numbers.insert(event.source->chunk_number).second, event, "has another's number");
      attempts[chunk] = event.source->attempt;
      continue;
    }
    must(texts.count(chunk) == 1, event, "has not begun");
    const auto* message = std::get_if<SystemMessage>(&event.payload);
    const bool warns_of_the_end = message != nullptr && attempts[chunk] == 0;
    must(warns_of_the_end || event.source->attempt == attempts[chunk], event, "is of another attempt");
    if (const auto* tokens = std::get_if<TokenStream>(&event.payload)) {
      if (tokens->kind == TokenKind::text) texts[chunk] += tokens->tokens;
    } else if (RunFixture::is_follow_up(event)) {
      ++attempts[chunk];
    } else if (event.type() == EventType::chunk_reset || (message != nullptr && message->code == "retry")) {
      if (event.type() == EventType::chunk_reset) texts[chunk].clear();
      ++attempts[chunk];
    } else if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
      must(completed->output == texts[chunk], event, "has not the text of its last attempt");
      must(completed->sha256 == sha256_hex(texts[chunk]), event, "has another text's sum");
      attempts[chunk] = 0;
    }
  }
  return faults;
}

inline void check_log(const std::vector<Event>& log) {
  CHECK(faults_of(log) == "");
  CHECK(receipts_in_log(log) == receipts_of(result_of(log.back())));
  const auto is_start = [](const Event& event) { return event.type() == EventType::task_started; };
  CHECK(std::count_if(log.begin(), log.end(), is_start) == 1);
  CHECK(std::count_if(log.begin(), log.end(), [](const Event& event) { return event.terminal(); }) == 1);
  CHECK(log.back().terminal());
}

inline std::vector<Event> joined(const std::vector<Event>& log, std::size_t count, const std::vector<Event>& more) {
  std::vector<Event> whole(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(count));
  whole.insert(whole.end(), more.begin(), more.end());
  return whole;
}

// A completed call in the log is not repeated.
inline void check_calls(const std::vector<Event>& log, std::size_t count, const Played& rest) {
  std::set<std::string> ended;
  for (std::size_t i = 0; i < count; ++i) {
    if (log[i].type() == EventType::chunk_completed) ended.insert(log[i].source->chunk);
  }
  std::size_t attempts = 0;
  for (const Event& event : rest.events) {
    const bool begins = event.type() == EventType::chunk_started || event.type() == EventType::chunk_reset ||
                        RunFixture::is_follow_up(event);
    if (!begins) continue;
    ++attempts;
    CHECK(ended.count(event.source->chunk) == 0);
  }
  CHECK(rest.prompts.size() <= attempts);
}

}  // namespace plenum::tests
