// Logs of encoded events, as runs produce them.
#pragma once

#include <rapidcheck.h>

#include <memory>
#include <string>
#include <vector>

#include "common/protocol/event.h"
#include "server/storage/memory/log.h"

namespace plenum::tests {

inline const std::string log_epoch = "epoch1";

inline std::shared_ptr<const EventSource> log_source(std::string chunk, std::string member, int attempt) {
  return std::make_shared<EventSource>(
      EventSource{std::move(chunk), 1, "agent", "stage", std::move(member), "model", attempt});
}

// The frames of one stream, in a log.
struct SomeLog {
  explicit SomeLog(const std::string& message_id = {}) : encoder(StreamId::random(), log_epoch, message_id, "") {}

  SomeLog& with(const Event& event, std::int64_t ms_later = 1) {
    t_ms += ms_later;
    std::string frame;
    encoder.append_frame(frame, event, {frames.size() + 1, WallTime(milliseconds(1'795'222'800'000 + t_ms)), t_ms});
    const auto end = static_cast<std::uint32_t>(frame.size());
    log.append(frame, {&end, 1});
    frames.push_back(std::move(frame));
    return *this;
  }
  std::string bytes() const {
    std::string all;
    for (const std::string& frame : frames) all += frame;
    return all;
  }

  EventEncoder encoder;
  storage::MemoryLog log;
  std::vector<std::string> frames;
  std::int64_t t_ms = 0;
};

// Texts that look like parts of a frame.
inline std::string some_tokens() {
  const auto hard = rc::gen::element<std::string>("word ", "", "\"", "\\", "\",\"kind\":\"text\"}", ",\"tokens\":\"",
                                                  "\n\ndata: ", "\"member\":\"m/a\"", "\xC3\xA9", std::string(1, '\0'),
                                                  "event: task_completed\n", "\\\",");
  std::string text;
  for (int parts = *rc::gen::inRange(0, 4); parts > 0; --parts) text += *hard;
  return text;
}

// Any event of a run, from few members and chunks, so that adjacent events are often of one chunk.
inline Event some_event() {
  const auto chunk = *rc::gen::element<std::string>("c1", "c2");
  const auto member = *rc::gen::element<std::string>("m/a", "m/b", "odd \"one\"", "\\", ",\"tokens\":\"x");
  const auto source = log_source(chunk, member, *rc::gen::inRange(0, 3));
  const auto kind = *rc::gen::weightedElement<TokenKind>({{4, TokenKind::text}, {1, TokenKind::reasoning}});
  switch (*rc::gen::inRange(0, 16)) {
    case 0:
      return {ChunkStarted{some_tokens(), "generate"}, source};
    case 1: {
      ChunkCompleted completed;
      completed.output = some_tokens();
      return {completed, source};
    }
    case 2:
      return {ChunkReset{some_tokens(), "m/b", "model", {}, {}, 1}, source};
    case 3:
      return {TaskProgress{3, 1, {some_tokens()}, {}, 1, "", {}, {}, {}, {}}, nullptr};
    case 4:
      return {SystemMessage{"info", "retry", some_tokens(), R"("error":{"member":"inner"},"list":["member"])"},
              *rc::gen::element(source, std::shared_ptr<const EventSource>())};
    case 5:
      return {MetricsPartial{some_tokens(), {some_tokens()}, {}, {}}, nullptr};
    default:
      return {TokenStream{some_tokens(), kind}, source};
  }
}

// Sequences of deltas from one source among other events; with_end: and a terminal event.
inline SomeLog some_log(bool with_end) {
  SomeLog log(*rc::gen::element<std::string>("", "m-1", ",\"tokens\":\"", "\"member\":\"x\""));
  log.with({TaskStarted{some_tokens(), "single", {{"m/a", "model"}, {"m/b", "model"}}, ""}, nullptr});
  for (int runs = *rc::gen::inRange(0, 12); runs > 0; --runs) {
    Event event = some_event();
    auto* tokens = std::get_if<TokenStream>(&event.payload);
    const int times = tokens == nullptr ? 1 : *rc::gen::inRange(1, 12);
    for (int i = 0; i < times; ++i) {
      if (tokens != nullptr) {
        tokens->tokens = some_tokens();
        if (*rc::gen::inRange(0, 10) == 0)
          tokens->tokens += std::string(*rc::gen::inRange<std::size_t>(1, 20'000), 'x');
      }
      log.with(event, *rc::gen::inRange(0, 50));
    }
  }
  if (with_end) log.with({TaskCompleted{}, nullptr});
  return log;
}

}  // namespace plenum::tests
