// Event logs for the tests of the formats, event by event, and their translation.
#pragma once

#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/json.h"
#include "common/protocol/event.h"
#include "server/compat/translator.h"
#include "tests/support/compat/format_clients.h"

namespace plenum::tests {

inline constexpr std::string_view formats[] = {"conclave", "process", "facilitair", "council", "council-2026"};

inline ErrorInfo error_of(std::string code, std::string message) {
  return {std::move(code), std::move(message), "", false, {}};
}

// A run; every call appends one event.
class RunScript {
 public:
  explicit RunScript(std::initializer_list<std::string> members = {"bench/a", "bench/b"},
                     std::string workflow = "council") {
    TaskStarted started{"Which?", std::move(workflow), {}, "t"};
    for (const std::string& id : members) started.members.push_back({id, id.substr(id.find('/') + 1)});
    add(std::move(started));
    TaskProgress progress;
    progress.total_chunks = 9;
    add(std::move(progress));
  }

  // `chunk` is `step:member`.
  RunScript& start(const std::string& chunk, const std::string& kind = "generate",
                   const std::string& stage = "answers") {
    EventSource source;
    source.chunk = chunk;
    source.chunk_number = static_cast<int>(sources_.size()) + 1;
    source.agent = kind == "merge" ? "Chairman" : kind == "rank" ? "Reviewer" : "Member";
    source.stage = stage;
    source.member = chunk.substr(chunk.find(':') + 1);
    source.model = source.member.substr(source.member.find('/') + 1);
    source.attempt = 1;
    sources_[chunk] = source;
    return add(ChunkStarted{"Does it", kind}, chunk);
  }
  RunScript& text(const std::string& chunk, const std::string& tokens, TokenKind kind = TokenKind::text) {
    if (kind == TokenKind::text) texts_[chunk] += tokens;
    return add(TokenStream{tokens, kind}, chunk);
  }
  RunScript& done(const std::string& chunk, ChunkCompleted completed = {}) {
    if (completed.output.empty()) completed.output = texts_[chunk];
    completed.latency_ms = 5;
    if (completed.status == ChunkStatus::ok || !completed.output.empty()) {
      answers_.push_back({sources_[chunk].member, sources_[chunk].model, "Member", chunk, completed.status,
                          completed.output, completed.usage, completed.cost, 5, completed.error});
    }
    return add(std::move(completed), chunk);
  }
  // start, text and done.
  RunScript& answer(const std::string& chunk, const std::string& text_of, const std::string& kind = "generate",
                    const std::string& stage = "answers") {
    return start(chunk, kind, stage).text(chunk, text_of).done(chunk);
  }
  RunScript& fail(const std::string& chunk, const std::string& code, const std::string& message) {
    ChunkCompleted failed;
    failed.status = ChunkStatus::error;
    failed.error = error_of(code, message);
    return done(chunk, std::move(failed));
  }
  RunScript& reset(const std::string& chunk, const std::string& reason, const std::string& next_member = "") {
    ChunkReset event;
    event.reason = reason;
    event.status = ChunkStatus::error;
    texts_[chunk].clear();
    add(std::move(event), chunk);
    if (!next_member.empty()) sources_[chunk].member = next_member;
    return *this;
  }
  TaskResult& result() { return result_; }
  RunScript& complete(const std::string& answer, const std::string& synthesis = "") {
    result_.answer = answer;
    result_.synthesis = synthesis;
    return end(TaskCompleted{filled()});
  }
  RunScript& error(const std::string& code, const std::string& message) {
    return end(TaskError{error_of(code, message), filled()});
  }
  RunScript& cancel() { return end(TaskCancelled{"caller", "", filled()}); }
  RunScript& say(const std::string& code, const std::string& message) {
    return add(SystemMessage{"info", code, message, {}});
  }

  const std::vector<ReceivedEvent>& events() const { return events_; }

 private:
  TaskResult filled() {
    result_.answers = answers_;
    return result_;
  }
  RunScript& end(EventPayload payload) {
    add(std::move(payload));
    events_.back().terminal = true;
    return *this;
  }
  RunScript& add(EventPayload payload, const std::string& chunk = "") {
    ReceivedEvent event;
    event.stream_id = "0b5e8c1a-93d4-4f6e-a7b2-00ff10203040";
    event.seq = events_.size() + 1;
    event.timestamp = "2026-11-21T01:02:03.004Z";
    event.t_ms = static_cast<std::int64_t>(event.seq) * 10;
    event.message_id = "m-1";
    if (!chunk.empty()) event.source = sources_[chunk];
    event.payload = std::move(payload);
    events_.push_back(std::move(event));
    return *this;
  }

  std::map<std::string, EventSource> sources_;
  std::map<std::string, std::string> texts_;
  std::vector<MemberAnswer> answers_;
  TaskResult result_;
  std::vector<ReceivedEvent> events_;
};

inline std::vector<compat::Frame> translated(std::string_view format, const std::vector<ReceivedEvent>& events,
                                             std::size_t first = 0) {
  const auto translator = compat::translator(*compat::compat_format_named(format));
  std::vector<compat::Frame> frames, ignored;
  for (std::size_t i = 0; i < events.size(); ++i) translator->translate(events[i], i < first ? ignored : frames);
  return frames;
}

inline std::vector<ClientFrame> parsed(const std::vector<compat::Frame>& frames) {
  std::vector<ClientFrame> out;
  for (const compat::Frame& frame : frames) out.push_back({frame.name, nlohmann::json::parse(frame.data)});
  return out;
}

inline ClientView seen_in(std::string_view format, const RunScript& run) {
  return client_of(format, parsed(translated(format, run.events())));
}

inline std::vector<std::string> types_in(std::string_view format, const RunScript& run) {
  std::vector<std::string> types;
  for (const ClientFrame& frame : parsed(translated(format, run.events()))) {
    types.push_back(frame.data.value("type", frame.name));
  }
  return types;
}

}  // namespace plenum::tests
