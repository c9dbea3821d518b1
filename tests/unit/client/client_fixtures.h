// Shared by the client's tests: a scripted stream, a waiter without real time, an output that records.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/waiter.h"
#include "client/cli/terminal/output.h"
#include "common/protocol/event.h"

namespace plenum::tests {

// Pauses return immediately, are recorded, and advance the clock.
class ManualWaiter : public client::Waiter {
 public:
  SteadyTime now() const override { return std::chrono::steady_clock::now() + skipped_; }
  bool pause(milliseconds time) override {
    pauses.push_back(time);
    skipped_ += time;
    return pauses.size() < pauses_max;
  }
  int wake_fd() const override { return -1; }
  bool woken() override { return true; }

  std::vector<milliseconds> pauses;
  std::size_t pauses_max = 1'000;  // then a stop is requested

 private:
  milliseconds skipped_{0};
};

// Records both channels, and their common screen.
class RecordingOutput final : public client::Output {
 public:
  void out(std::string_view text) override {
    out_text += text;
    screen += text;
  }
  void err(std::string_view text) override {
    err_text += text;
    screen += text;
  }
  void flush() override {}
  bool broken() const override { return is_broken; }

  std::string out_text, err_text, screen;
  bool is_broken = false;
};

inline std::shared_ptr<const EventSource> source_of(std::string chunk, int number, std::string agent,
                                                    std::string stage = "answers", std::string member = "lab/model") {
  EventSource source;
  source.chunk = std::move(chunk);
  source.chunk_number = number;
  source.agent = std::move(agent);
  source.stage = std::move(stage);
  source.member = std::move(member);
  source.attempt = 1;
  return std::make_shared<const EventSource>(std::move(source));
}

// The data of the event as a server sends it, for a stream without a name.
inline std::string event_json(const Event& event, std::uint64_t seq, std::int64_t t_ms) {
  const EventEncoder encoder(StreamId::random(), "abcd1234", "", "");
  std::string json;
  encoder.append_json(json, event, {seq, WallTime{}, t_ms});
  return json;
}

inline Event token(const std::shared_ptr<const EventSource>& source, std::string text,
                   TokenKind kind = TokenKind::text) {
  return {TokenStream{std::move(text), kind}, source};
}

inline Event started(const std::shared_ptr<const EventSource>& source) { return {ChunkStarted{}, source}; }

inline Event completed(const std::shared_ptr<const EventSource>& source, std::string output) {
  ChunkCompleted chunk;
  chunk.output = std::move(output);
  chunk.latency_ms = 1'500;
  chunk.usage.total_tokens = 42;
  chunk.cost = {0.0021, CostOrigin::reported};
  return {std::move(chunk), source};
}

inline Event answered(std::string answer) {
  TaskCompleted end;
  end.result.workflow = "consensus";
  end.result.answer = std::move(answer);
  end.result.usage.total_tokens = 1'234;
  end.result.cost = {0.0123, CostOrigin::reported};
  return {std::move(end), nullptr};
}

// A stream as sent by a server: frames with contiguous ids in one epoch.
class ScriptedStream {
 public:
  static constexpr const char* epoch = "abcd1234";

  explicit ScriptedStream(std::vector<Event> events)
      : encoder_(StreamId::random(), epoch, "", ""), events_(std::move(events)) {}

  // The frames after an event, as bytes.
  std::string frames_after(std::uint64_t seq) const {
    std::string bytes;
    for (std::uint64_t next = seq + 1; next <= events_.size(); ++next)
      encoder_.append_frame(bytes, at(next), stamp(next));
    return bytes;
  }
  std::string frame(std::uint64_t seq) const {
    std::string bytes;
    encoder_.append_frame(bytes, at(seq), stamp(seq));
    return bytes;
  }
  std::string json(std::uint64_t seq) const {
    std::string text;
    encoder_.append_json(text, at(seq), stamp(seq));
    return text;
  }
  std::string control(const Event& event) const {
    std::string bytes;
    encoder_.append_frame(bytes, event, stamp(0));
    return bytes;
  }
  std::uint64_t size() const { return events_.size(); }

  static std::string head() {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";
  }

 private:
  const Event& at(std::uint64_t seq) const { return events_[seq - 1]; }
  static EventStamp stamp(std::uint64_t seq) { return {seq, WallTime{}, static_cast<std::int64_t>(seq) * 100}; }

  EventEncoder encoder_;
  std::vector<Event> events_;
};

inline Event stream_open(std::uint64_t last_seq) {
  SystemMessage message;
  message.code = "stream_open";
  message.fields_json = "\"epoch\":\"abcd1234\",\"first_seq\":1,\"last_seq\":" + std::to_string(last_seq);
  return {std::move(message), nullptr};
}

}  // namespace plenum::tests
