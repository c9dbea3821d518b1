// A stream on an event loop that the test runs step by step.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/sse/decoder.h"
#include "server/storage/memory/log.h"
#include "server/stream/stream.h"
#include "tests/support/manual_clock.h"

namespace plenum::tests {

struct StreamFixture {
  explicit StreamFixture(storage::MemoryLogOptions log = {}, stream::StreamLimits limits = {}) {
    stream::StreamInfo info;
    info.id = StreamId::random();
    info.spec.task = "a task";
    info.accepted = clock.steady();
    info.created_at = clock.wall();
    stream::StreamDependencies dependencies{"epoch1", std::make_unique<storage::MemoryLog>(log)};
    stream = std::make_shared<stream::Stream>(std::move(info), loop, std::move(dependencies), limits, totals);
  }

  static std::shared_ptr<const EventSource> source(const std::string& chunk) {
    auto made = std::make_shared<EventSource>();
    made->chunk = chunk;
    made->chunk_number = 1;
    made->member = "m/" + chunk;
    return made;
  }
  bool push_token(const std::string& text) { return stream->push(Event{TokenStream{text, TokenKind::text}, speaker}); }
  bool push_end() { return stream->push(Event{TaskCompleted{}, nullptr}); }
  void turn() { loop.run_once(milliseconds(0)); }

  // The events after seq as a subscriber receives them.
  std::vector<ReceivedEvent> read_after(std::uint64_t seq) const {
    std::vector<ReceivedEvent> events;
    SseDecoder decoder;
    std::vector<SseEvent> frames;
    while (seq < stream->head()) {
      const auto span = stream->frames_after(seq, 1 << 20);
      REQUIRE(decoder.feed(span.bytes, frames));
      seq = span.last_seq();
    }
    for (const auto& frame : frames) {
      auto event = parse_event(frame.data);
      REQUIRE(event);
      CHECK(frame.last_event_id == EventId{"epoch1", event->seq}.str());
      events.push_back(std::move(*event));
    }
    return events;
  }
  std::string text_after(std::uint64_t seq) const {
    std::string text;
    for (const auto& event : read_after(seq)) {
      if (const auto* token = std::get_if<TokenStream>(&event.payload)) text += token->tokens;
    }
    return text;
  }

  ManualClock clock;
  runtime::EventLoop loop{clock};
  std::shared_ptr<stream::StreamTotals> totals = std::make_shared<stream::StreamTotals>();
  std::shared_ptr<stream::Stream> stream;
  std::shared_ptr<const EventSource> speaker = source("answer");
};

}  // namespace plenum::tests
