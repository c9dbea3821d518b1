// Round trip of every event: encode, frame, decode and parse give the same event.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "common/protocol/event.h"
#include "common/sse/decoder.h"

using namespace plenum;

namespace {

using rc::gen::arbitrary;

std::string text() {
  // Every plane, every control byte, both line ends.
  const auto points = *rc::gen::container<std::vector<std::uint32_t>>(
      rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0xD800),
                     rc::gen::inRange<std::uint32_t>(0xE000, 0x110000)));
  std::string out;
  for (const std::uint32_t point : points) {
    if (point < 0x80) {
      out.push_back(static_cast<char>(point));
      continue;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr unsigned lead[] = {0, 0xC0, 0xE0, 0xF0};
    out.push_back(static_cast<char>(lead[more] | point >> 6 * more));
    for (int i = more - 1; i >= 0; --i) out.push_back(static_cast<char>(0x80 | (point >> 6 * i & 0x3F)));
  }
  return out;
}

std::int64_t number() { return *arbitrary<std::int64_t>(); }
int small_number() { return *arbitrary<int>(); }
bool flag() { return *arbitrary<bool>(); }
double money() { return *rc::gen::inRange(0, 1'000'000'000) / 977.0; }

template <class Make>
auto maybe(Make make) -> std::optional<decltype(make())> {
  if (!flag()) return std::nullopt;
  return make();
}

template <class Make>
auto some(Make make) {
  std::vector<decltype(make())> items;
  for (int count = *rc::gen::inRange(0, 4); count > 0; --count) items.push_back(make());
  return items;
}

Usage some_usage() {
  return {maybe(number), maybe(number), maybe(number), maybe(number), maybe(number), maybe(number)};
}
Cost some_cost() {
  if (flag()) return {};
  return {money(), *rc::gen::element(CostOrigin::estimated, CostOrigin::reported)};
}
ErrorInfo some_error() { return {text(), text(), text(), flag(), maybe(number)}; }
ChunkStatus some_chunk_status() { return static_cast<ChunkStatus>(*rc::gen::inRange(0, 5)); }

SourceRef some_source() { return {text(), text()}; }

MemberAnswer some_answer() {
  return {text(), text(),           text(),      text(),   some_chunk_status(),
          text(), some_usage(),     some_cost(), number(), maybe(some_error),
          text(), some(some_source)};
}
Generation some_generation() {
  return {text(), text(), text(), text(), text(), R"({"max_tokens":5,"stop":["x"],"temperature":0.25})",
          text(), text()};
}
Receipt some_receipt() {
  return {text(),       text(),      text(),   text(), small_number(),   some_chunk_status(),
          some_usage(), some_cost(), number(), text(), some_generation()};
}
std::string some_object() { return *rc::gen::element<std::string>("", R"({"issues":[{"a":1.5}],"ok":false})"); }
TaskResult some_result() {
  TaskResult result{text(),
                    text(),
                    some(some_answer),
                    text(),
                    some_object(),
                    some_object(),
                    some_object(),
                    some([] {
                      return SkippedMember{text(), text()};
                    }),
                    flag(),
                    some(text),
                    some_usage(),
                    some_cost(),
                    flag(),
                    some(some_receipt)};
  result.sources = some(some_source);
  result.files = some([] { return ResultFile{text(), text(), text()}; });
  result.verdict_json = *rc::gen::element<std::string>("", R"({"headline":"Yes"})");
  result.verdict_absent_reason = *rc::gen::element<std::string>("", "open_ended");
  result.readiness_json = *rc::gen::element<std::string>("", R"({"status":"ready","reasons":[]})");
  result.judgments_json = *rc::gen::element<std::string>("", R"([{"authors":["a"],"own_work":false}])");
  result.rounds_json = *rc::gen::element<std::string>("", R"([{"chunks":[],"ended":"rounds_done","round":0}])");
  return result;
}

ChunkCompleted some_completed() {
  ChunkCompleted completed{some_chunk_status(),
                           text(),
                           number(),
                           text(),
                           some_usage(),
                           some_cost(),
                           number(),
                           maybe(number),
                           text(),
                           flag(),
                           text(),
                           *rc::gen::inRange<std::int64_t>(0, 1'000'000),
                           flag(),
                           maybe(some_error)};
  completed.parsed_ranking = some(text);
  completed.label_order = some(text);
  completed.found = maybe(flag);
  completed.sources = some(some_source);
  completed.generation = some_generation();
  completed.omitted_attachments = some(text);
  return completed;
}

EventPayload some_payload(EventType type) {
  switch (type) {
    case EventType::task_started:
      return TaskStarted{text(), text(), some([] { return MemberRef{text(), text()}; }), text()};
    case EventType::task_progress:
      return TaskProgress{small_number(), small_number(), some(text),       some(text),       number(), text(),
                          maybe(number),  maybe(money),   maybe(some_cost), maybe(some_cost), text()};
    case EventType::chunk_started:
      return ChunkStarted{text(), text()};
    case EventType::token_stream:
      return TokenStream{text(), flag() ? TokenKind::text : TokenKind::reasoning};
    case EventType::chunk_completed:
      return some_completed();
    case EventType::chunk_reset:
      return ChunkReset{text(),           text(), text(), some_usage(), some_cost(), number(), some_chunk_status(),
                        some_generation()};
    case EventType::metrics_partial:
      return MetricsPartial{text(), some(text), some_usage(), some_cost()};
    case EventType::system_message:
      return SystemMessage{text(), text(), text(), *rc::gen::element<std::string>("", R"("from":1,"to":[2,"x"])")};
    case EventType::snapshot:
      return Snapshot{*rc::gen::element<std::string>(R"({"seq":9})",
                                                     R"({"seq":9,"status":"running","chunks":[{"text":"a\n,}"}]})")};
    case EventType::heartbeat:
      return Heartbeat{*rc::gen::inRange<std::uint64_t>(0, 1ull << 62), text(),
                       static_cast<TaskStatus>(*rc::gen::inRange(0, 6))};
    case EventType::task_completed:
      return TaskCompleted{some_result()};
    case EventType::task_error:
      return TaskError{some_error(), some_result()};
    case EventType::task_cancelled:
      return TaskCancelled{text(), text(), some_result()};
    case EventType::unknown:
      break;
  }
  return UnknownEvent{"unknown"};
}

void check_round_trip(EventType type) {
  Event event{some_payload(type), nullptr};
  EventSource source{text(), small_number(), text(), text(), text(), text(), small_number()};
  // The stage of the payload is that of the envelope: one name, one value.
  if (const auto* metrics = std::get_if<MetricsPartial>(&event.payload)) source.stage = metrics->stage;
  event.source = std::make_shared<EventSource>(source);
  const StreamId id = StreamId::random();
  const std::string message_id = text(), conversation_id = text();
  const EventStamp stamp{9, WallTime(milliseconds(*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000))), number()};

  std::string bytes;
  EventEncoder(id, "k3x9", message_id, conversation_id).append_frame(bytes, event, stamp);
  SseDecoder decoder;
  std::vector<SseEvent> frames;
  RC_ASSERT(decoder.feed(bytes, frames).has_value());
  RC_ASSERT(frames.size() == 1u);
  RC_ASSERT(frames[0].event == name_of(type));
  RC_ASSERT(frames[0].last_event_id == "k3x9-9");
  RC_ASSERT(frames[0].data.find('\n') == std::string::npos);

  const auto received = parse_event(frames[0].data);
  RC_ASSERT(received.has_value());
  RC_ASSERT(received->payload == event.payload);
  RC_ASSERT(received->source == source);
  RC_ASSERT(received->stream_id == id.str());
  RC_ASSERT(received->seq == stamp.seq);
  RC_ASSERT(received->timestamp == rfc3339(stamp.time));
  RC_ASSERT(received->t_ms == stamp.t_ms);
  RC_ASSERT(received->message_id == message_id);
  RC_ASSERT(received->conversation_id == conversation_id);
  RC_ASSERT(received->terminal == event.terminal());
}

}  // namespace

TEST_CASE("a parsed event equals the encoded one, for every event and any text") {
  for (int i = 0; i < static_cast<int>(EventType::unknown); ++i) {
    const auto type = static_cast<EventType>(i);
    CAPTURE(name_of(type));
    CHECK(rc::check([type] { check_round_trip(type); }));
  }
}

TEST_CASE("bytes that are not UTF-8 make a frame of one valid event") {
  CHECK(rc::check([](const std::string& bytes) {
    std::string out;
    EventEncoder(StreamId::random(), "k3x9", bytes, "")
        .append_frame(out, Event{TokenStream{bytes, TokenKind::text}, nullptr}, {1, {}, 0});
    SseDecoder decoder;
    std::vector<SseEvent> frames;
    RC_ASSERT(decoder.feed(out, frames).has_value());
    RC_ASSERT(frames.size() == 1u);
    RC_ASSERT(parse_event(frames[0].data).has_value());
  }));
}
