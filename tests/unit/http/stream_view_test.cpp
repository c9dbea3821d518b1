// Views of a stream: for any log and any disconnect, a client gets the same state and misses no event.
#include "server/http/sse/stream_view.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json/json_access.h"
#include "common/sse/decoder.h"
#include "common/sse/encoded_frame.h"
#include "server/storage/memory/log.h"
#include "server/stream/stream_state.h"
#include "tests/unit/http/event_logs.h"

using namespace plenum;
using namespace plenum::http;
using namespace plenum::tests;

namespace {

// The received events. No data line may be lost to framing.
std::vector<ReceivedEvent> events_of(const std::string& bytes) {
  SseDecoder decoder;
  std::vector<SseEvent> frames;
  RC_ASSERT(decoder.feed(bytes, frames).has_value());
  std::vector<ReceivedEvent> events;
  for (const SseEvent& frame : frames) {
    auto event = parse_event(frame.data);
    RC_ASSERT(event.has_value());
    RC_ASSERT(frame.event == event->type_name);
    RC_ASSERT(frame.last_event_id == EventId({log_epoch, event->seq}).str());
    events.push_back(std::move(*event));
  }
  return events;
}

// Everything in a stream state that events can change, as one text.
std::string text_of(const stream::StreamState& fold) {
  std::string out = std::to_string(fold.last_seq) + std::string(name_of(fold.status)) + rfc3339(fold.updated_at);
  for (const auto& chunk : fold.chunks) {
    out += "|" + source_fields(chunk.source) + chunk.text + std::to_string(chunk.chars) +
           std::to_string(chunk.ttft_ms.value_or(-1)) + (chunk.finished ? "f" : "o");
  }
  for (const auto& member : fold.members) {
    out += "|" + member.member.id + member.status + std::to_string(member.chars) +
           std::to_string(member.ttft_ms.value_or(-1)) + std::to_string(member.attempt);
  }
  return out;
}

void feed(stream::StreamState& fold, const std::vector<ReceivedEvent>& events) {
  for (const ReceivedEvent& event : events) {
    EventStamp stamp{event.seq, {}, event.t_ms};
    RC_ASSERT(parse_rfc3339(event.timestamp, stamp.time));
    const bool has_source = !event.source.chunk.empty();
    fold.apply(Event{event.payload, has_source ? std::make_shared<EventSource>(event.source) : nullptr}, stamp);
  }
}

// The frames of this view after `after`, as one batch, read in spans of any size.
std::string frames_of(const storage::MemoryLog& log, const StreamView& view, std::uint64_t after,
                      std::size_t span_bytes) {
  std::string out;
  FrameFilter filter(view.filter, view.compact, out);
  while (after < log.last_seq()) {
    const auto span = log.frames_after(after, span_bytes);
    filter.add(span);
    after = span.last_seq();
  }
  filter.finish();
  return out;
}

EventFilter some_filter(bool may_be_all) {
  EventFilter filter;
  const int what = *rc::gen::inRange(may_be_all ? 0 : 1, 4);
  const auto types = *rc::gen::element<std::string>("token_stream", "chunk_completed,chunk_started", "chunk_reset",
                                                    "task_progress,token_stream");
  const auto members = *rc::gen::element<std::string>("m/a", "m/b,m/a", "none", "odd \"one\",\\");
  if ((what & 1) != 0) RC_ASSERT(filter.set_types(types).has_value());
  if ((what & 2) != 0) RC_ASSERT(filter.set_members(members).has_value());
  return filter;
}

}  // namespace

TEST_CASE("reading a frame without parsing it yields the same values as a parser") {
  CHECK(rc::check([] {
    const SomeLog log = some_log(false);
    for (const std::string& frame : log.frames) {
      const auto event = parse_event(data_of(frame));
      RC_ASSERT(event.has_value());
      RC_ASSERT(event_name_of(frame) == event->type_name);
      RC_ASSERT(id_of(frame) == EventId({log_epoch, event->seq}).str());
      const std::string_view member = quoted_text_of(frame, "member");
      const auto parsed = member.empty() ? Result<Json>(Json("")) : parse_json(member);
      RC_ASSERT(parsed.has_value());
      RC_ASSERT(parsed->get<std::string>() == event->source.member);
      const auto* tokens = std::get_if<TokenStream>(&event->payload);
      const auto delta = read_token_frame(frame);
      RC_ASSERT(delta.has_value() == (tokens != nullptr));
      if (!delta) continue;
      RC_ASSERT(parse_json("\"" + std::string(delta->tokens) + "\"")->get<std::string>() == tokens->tokens);
      RC_ASSERT(delta->kind == (tokens->kind == TokenKind::text ? "text" : "reasoning"));
      RC_ASSERT(std::string(delta->t_ms) == std::to_string(event->t_ms));
    }
  }));
}

TEST_CASE("a frame that is almost a delta is not read as one") {
  std::string frame =
      SomeLog().with(Event{TokenStream{"a\\\"b", TokenKind::text}, log_source("c", "m/a", 1)}).frames[0];
  REQUIRE(read_token_frame(frame));
  for (std::size_t i = 0; i < frame.size(); ++i) CHECK_FALSE(read_token_frame(frame.substr(0, i)));
  const auto with = [&](std::string_view part, std::string_view other) {
    std::string changed = frame;
    return changed.replace(changed.find(part), part.size(), other);
  };
  CHECK_FALSE(read_token_frame(with("\"tokens\":\"", "\"tokens\":\"x\",\"more\":\"")));
  CHECK_FALSE(read_token_frame(with("\"tokens\":\"", "\"tokens\":[\"")));
  CHECK_FALSE(read_token_frame(with("\"tokens\":\"", "\"tokens\":\"x\ny")));
  CHECK_FALSE(read_token_frame(with("\"kind\":\"text\"", "\"kind\":\"text\",\"later\":1")));
  CHECK_FALSE(read_token_frame(with("\"v\":1", "\"v\":2")));
  CHECK_FALSE(read_token_frame(with("id: ", "id:")));
  CHECK_FALSE(read_token_frame(""));
}

TEST_CASE("applying a compact replay yields the same state as applying every event, with disconnects anywhere") {
  CHECK(rc::check([] {
    const SomeLog log = some_log(true);
    const auto span_bytes = static_cast<std::size_t>(*rc::gen::inRange(1, 20'000));
    const auto raw = events_of(log.bytes());
    stream::StreamState of_raw;
    feed(of_raw, raw);
    const StreamView compact{.compact = true};
    // After a disconnect behind any frame, the client resumes from the id of that frame.
    stream::StreamState of_compact;
    std::uint64_t after = 0;
    while (after < log.frames.size()) {
      auto events = events_of(frames_of(log.log, compact, after, span_bytes));
      events.resize(*rc::gen::inRange<std::size_t>(1, events.size() + 1));
      feed(of_compact, events);
      after = events.back().seq;
    }
    RC_ASSERT(text_of(of_compact) == text_of(of_raw));
  }));
}

TEST_CASE("every frame of a compact replay begins where the previous one ended, and none is too large") {
  CHECK(rc::check([] {
    const SomeLog log = some_log(true);
    const auto after = *rc::gen::inRange<std::uint64_t>(0, log.frames.size());
    const std::string bytes = frames_of(log.log, {.compact = true}, after, 7000);
    std::uint64_t last = after;
    std::size_t begin = 0;
    while (begin < bytes.size()) {
      const std::size_t end = bytes.find("\n\n", begin) + 2;
      const Json json = parse_json(data_of(std::string_view(bytes).substr(begin, end - begin))).value();
      const auto seq = static_cast<std::uint64_t>(*number_at(json, "seq"));
      const auto from = static_cast<std::uint64_t>(number_at(json, "seq_from").value_or(*number_at(json, "seq")));
      RC_ASSERT(from == last + 1);
      RC_ASSERT(seq == from || end - begin <= 32u * 1024);
      if (seq == from) RC_ASSERT(bytes.substr(begin, end - begin) == log.frames[seq - 1]);
      last = seq;
      begin = end;
    }
    RC_ASSERT(last == log.frames.size());
  }));
}

TEST_CASE("a filter passes the selected events, events without a member, and the terminal event") {
  CHECK(rc::check([] {
    const SomeLog log = some_log(false);
    EventFilter types, members;
    RC_ASSERT(types.set_types("token_stream").has_value());
    RC_ASSERT(members.set_members("m/a").has_value());
    for (const std::string& frame : log.frames) {
      const auto event = *parse_event(data_of(frame));
      RC_ASSERT(types.matches(frame) == (event.terminal || event.type() == EventType::token_stream));
      RC_ASSERT(members.matches(frame) ==
                (event.terminal || event.source.member.empty() || event.source.member == "m/a"));
    }
  }));
}

TEST_CASE("a client with a filter that resumes after any disconnect receives every matching event once") {
  CHECK(rc::check([] {
    const SomeLog log = some_log(true);
    const StreamView view{.filter = some_filter(false)};
    const std::string whole = frames_of(log.log, view, 0, 5000);
    std::string got;
    std::uint64_t after = 0;
    while (after < log.frames.size()) {
      const std::string rest = frames_of(log.log, view, after, 3000);
      auto events = events_of(rest);
      const std::size_t keep = *rc::gen::inRange<std::size_t>(1, events.size() + 1);
      std::size_t end = 0;
      for (std::size_t i = 0; i < keep; ++i) end = rest.find("\n\n", end) + 2;
      got += rest.substr(0, end);
      after = events[keep - 1].seq;
    }
    RC_ASSERT(got == whole);
  }));
}

TEST_CASE("a compact replay of one of several concurrent members merges the deltas that pass the filter") {
  SomeLog log;
  for (int i = 0; i < 50; ++i) {
    log.with(Event{TokenStream{"a", TokenKind::text}, log_source("c1", "m/a", 1)});
    log.with(Event{TokenStream{"b", TokenKind::text}, log_source("c2", "m/b", 1)});
  }
  StreamView view{.compact = true};
  REQUIRE(view.filter.set_members("m/a"));
  const auto events = events_of(frames_of(log.log, view, 0, 5000));
  REQUIRE(events.size() == 1);
  CHECK(std::get<TokenStream>(events[0].payload).tokens == std::string(50, 'a'));
  CHECK(events[0].seq == 99);
}

TEST_CASE("unknown names in a filter are errors that list the known ones") {
  EventFilter filter;
  for (const char* names : {"", "tokens", "token_stream,", ",task_error", "unknown", "Token_Stream"}) {
    CAPTURE(names);
    const auto valid = filter.set_types(names);
    REQUIRE_FALSE(valid);
    CHECK(valid.error().code == ErrorCode::bad_request);
    CHECK(valid.error().remedy.find("token_stream") != std::string::npos);
  }
  CHECK_FALSE(filter.set_members(""));
  CHECK_FALSE(filter.set_members("a,,b"));
}

TEST_CASE("equivalent filters are the same view") {
  StreamView one, other;
  REQUIRE(one.filter.set_members("m/a,m/b"));
  REQUIRE(other.filter.set_members("m/b,m/a,m/b"));
  REQUIRE(one.filter.set_types("token_stream,task_error"));
  REQUIRE(other.filter.set_types("token_stream"));
  CHECK(one == other);
  CHECK_FALSE(one.plain());
  CHECK(StreamView{}.plain());
}
