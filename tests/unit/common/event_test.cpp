#include "common/protocol/event.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "common/sse/decoder.h"

using namespace plenum;

namespace {

const StreamId stream = *StreamId::parse("0b5e8c1a-93d4-4f6e-a7b2-00ff10203040");
const EventEncoder encoder(stream, "k3x9", "", "");
const EventStamp seventh{7, WallTime(milliseconds(1'795'222'923'004)), 1234};
const std::string envelope =
    R"("stream_id":"0b5e8c1a-93d4-4f6e-a7b2-00ff10203040","seq":7,"timestamp":"2026-11-21T01:02:03.004Z","t_ms":1234)";

std::string json_of(const Event& event, const EventStamp& stamp = seventh) {
  std::string out;
  encoder.append_json(out, event, stamp);
  return out;
}

std::string json_of(EventPayload payload) { return json_of(Event{std::move(payload), nullptr}); }

std::shared_ptr<const EventSource> coder() {
  return std::make_shared<EventSource>(EventSource{"answer:openai/gpt", 2, "Coder", "code", "openai/gpt", "gpt", 1});
}

}  // namespace

TEST_CASE("the frame of a token is one id, one name and one line of data") {
  std::string out;
  encoder.append_frame(out, Event{TokenStream{"Hello,\n\"w\u00F6rld\"", TokenKind::text}, coder()}, seventh);
  CHECK(out ==
        "id: k3x9-7\nevent: token_stream\ndata: {\"v\":1,\"type\":\"token_stream\"," + envelope +
            R"(,"chunk":"answer:openai/gpt","chunk_number":2,"agent":"Coder","stage":"code","member":"openai/gpt",)"
            R"("model":"gpt","attempt":1,"tokens":"Hello,\n\"w)"
            "\u00F6"
            R"(rld\"","kind":"text"})"
            "\n\n");
}

TEST_CASE("the client's ids are in every event") {
  const EventEncoder with_ids(stream, "k3x9", "m\"1", "c1");
  std::string out;
  with_ids.append_json(out, Event{ChunkReset{"overloaded", "q/gpt-mini", "gpt-mini", {}, {}, 0}, nullptr}, seventh);
  CHECK(out == R"({"v":1,"type":"chunk_reset",)" + envelope +
                   R"(,"message_id":"m\"1","conversation_id":"c1","reason":"overloaded","next_member":"q/gpt-mini",)"
                   R"("next_model":"gpt-mini","usage":null,"cost":{"usd":null,"origin":"unknown"},"latency_ms":0,)"
                   R"("status":"error"})");
}

TEST_CASE("a control frame has no id and no number") {
  std::string out;
  encoder.append_frame(out, Event{Heartbeat{41, "k3x9", TaskStatus::running}, nullptr}, {0, seventh.time, 5});
  CHECK(
      out ==
      "event: heartbeat\ndata: {\"v\":1,\"type\":\"heartbeat\",\"stream_id\":\"0b5e8c1a-93d4-4f6e-a7b2-00ff10203040\","
      "\"timestamp\":\"2026-11-21T01:02:03.004Z\",\"t_ms\":5,\"ts\":\"2026-11-21T01:02:03.004Z\",\"last_seq\":41,"
      "\"epoch\":\"k3x9\",\"status\":\"running\"}\n\n");
}

TEST_CASE("an unknown figure is null or absent, never zero") {
  CHECK(json_of(ChunkCompleted{}) ==
        R"({"v":1,"type":"chunk_completed",)" + envelope +
            R"(,"status":"ok","output":"","chars":0,"usage":null,)"
            R"("cost":{"usd":null,"origin":"unknown"},"latency_ms":0,"ttft_ms":null,"cached":false})");
  CHECK(json_of(TaskProgress{4, 1, {"b", "c"}, {"a"}, 900, "", {}, {}, {}, {}}) ==
        R"({"v":1,"type":"task_progress",)" + envelope +
            R"(,"total_chunks":4,"completed":1,"pending":["b","c"],"completed_chunks":["a"],"elapsed_ms":900})");
}

TEST_CASE("only the three end events are terminal") {
  for (const EventPayload& payload :
       {EventPayload(TaskCompleted{}), EventPayload(TaskError{}), EventPayload(TaskCancelled{"caller", "why", {}})}) {
    CHECK(Event{payload, nullptr}.terminal());
    CHECK(json_of(payload).find(R"(,"terminal":true})") != std::string::npos);
  }
  for (const EventPayload& payload :
       {EventPayload(TaskStarted{}), EventPayload(ChunkCompleted{}), EventPayload(SystemMessage{})}) {
    CHECK_FALSE(Event{payload, nullptr}.terminal());
    CHECK(json_of(payload).find("terminal") == std::string::npos);
  }
}

TEST_CASE("every event name maps back to its type") {
  for (int i = 0; i <= static_cast<int>(EventType::unknown); ++i) {
    const auto type = static_cast<EventType>(i);
    CHECK(event_type_named(name_of(type)) == type);
    CHECK(name_of(type).find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
  }
  CHECK(event_type_named("brand_new") == EventType::unknown);
}

TEST_CASE("a system message has its additional fields") {
  CHECK(json_of(SystemMessage{"warning", "retry", "waiting", R"("wait_ms":500,"why":"429")"}) ==
        R"({"v":1,"type":"system_message",)" + envelope +
            R"(,"level":"warning","code":"retry","message":"waiting","wait_ms":500,"why":"429"})");
}

TEST_CASE("the state of a snapshot is merged into the envelope without duplicate names") {
  const std::string state =
      "{ \"stream_id\" : \"x\",\n \"seq\":7,\"status\":\"running\",\r\n"
      "\"chunks\":[{\"seq\":1,\"text\":\"a, \\\"}]\\\\\"}],\"progress\":{}, \"last\": null }";
  const std::string json = json_of(Snapshot{state});
  CHECK(parse_json(json, {.reject_duplicate_keys = true}));
  CHECK(json.find_first_of("\r\n") == std::string::npos);
  const auto event = parse_event(json);
  REQUIRE(event);
  CHECK(event->stream_id == stream.str());
  CHECK(std::get<Snapshot>(event->payload).state_json ==
        R"({"seq":7,"status":"running","chunks":[{"seq":1,"text":"a, \"}]\\"}],"progress":{},"last":null})");
}

TEST_CASE("a state that is no object is ignored") {
  for (const char* state : {"", "{}", "{ }", "null", "[1,2]", "{\"", "{\"a", "{\"a\":", "{\"a\":\"\\", "}{", "{,"}) {
    std::string out;
    encoder.append_frame(out, Event{Snapshot{state}, nullptr}, seventh);
    SseDecoder decoder;
    std::vector<SseEvent> events;
    REQUIRE(decoder.feed(out, events));
    CHECK(events.size() == 1);
  }
  CHECK(parse_event(json_of(Snapshot{"{}"})));
}

TEST_CASE("the stage of a payload and of its source are one member") {
  const auto source = std::make_shared<EventSource>(EventSource{"", 0, "", "answer", "", "", 0});
  const std::string json = json_of(Event{MetricsPartial{"answer", {"a"}, {}, {}}, source});
  CHECK(parse_json(json, {.reject_duplicate_keys = true}));
  CHECK(std::get<MetricsPartial>(parse_event(json)->payload).stage == "answer");
}

TEST_CASE("metrics without a stage have that of the source") {
  const std::string json = json_of(Event{MetricsPartial{}, coder()});
  CHECK(parse_event(json)->source == *coder());
}

TEST_CASE("a foreign epoch cannot inject into the id line") {
  std::string out;
  EventEncoder(stream, "k3\nevent: x\n\n", "", "").append_frame(out, Event{ChunkStarted{}, nullptr}, seventh);
  CHECK(out.rfind("id: k3eventx-7\nevent: chunk_started\n", 0) == 0);
}

TEST_CASE("an event of a newer server is parsed with its name") {
  const auto event = parse_event(R"({"type":"brand_new","seq":3,"stream_id":"s","chunk":"c","new":[1]})");
  REQUIRE(event);
  CHECK(event->type() == EventType::unknown);
  CHECK(std::get<UnknownEvent>(event->payload).name == "brand_new");
  CHECK(event->seq == 3);
  CHECK(event->source.chunk == "c");
}

TEST_CASE("unknown fields and fields of another type are ignored") {
  const auto event = parse_event(
      R"({"type":"token_stream","v":2,"seq":-4,"t_ms":"x","tokens":"hi","kind":7,"agent":null,"chunk_number":1e30,"extra":{}})");
  REQUIRE(event);
  CHECK(std::get<TokenStream>(event->payload) == TokenStream{"hi", TokenKind::text});
  CHECK(event->seq == 0);
  CHECK(event->source == EventSource{});
}

TEST_CASE("any other JSON is malformed") {
  for (const char* text :
       {"", "null", "[]", "{}", "\"type\"", R"({"type":7})", "[DONE]", R"({"type":"token_stream")"}) {
    CAPTURE(text);
    const auto event = parse_event(text);
    REQUIRE_FALSE(event);
    CHECK(event.error().code == ErrorCode::malformed);
  }
}
