#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "common/sse/decoder.h"
#include "common/sse/encoder.h"

using namespace plenum;

namespace {

// `event|data|last_event_id` for each event.
using Decoded = std::vector<std::string>;

Decoded summary_of(const std::vector<SseEvent>& events) {
  Decoded lines;
  for (const SseEvent& event : events) lines.push_back(event.event + '|' + event.data + '|' + event.last_event_id);
  return lines;
}

Decoded decoded(std::string_view bytes, std::size_t piece = std::string::npos) {
  SseDecoder decoder;
  std::vector<SseEvent> events;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size())) {
    REQUIRE(decoder.feed(bytes.substr(at, piece), events));
  }
  return summary_of(events);
}

Decoded decoded_in_two(std::string_view bytes, std::size_t cut) {
  SseDecoder decoder;
  std::vector<SseEvent> events;
  REQUIRE(decoder.feed(bytes.substr(0, cut), events));
  REQUIRE(decoder.feed(bytes.substr(cut), events));
  return summary_of(events);
}

struct Case {
  const char* what;
  std::string_view bytes;
  Decoded events;
};

using namespace std::string_view_literals;

// WHATWG HTML, 9.2.6: each rule, and the examples.
const Case cases[] = {
    {"several data lines join with LF", "data: YHOO\ndata: +2\ndata: 10\n\n", {"|YHOO\n+2\n10|"}},
    {"comments and ids",
     ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
     {"|first event|1", "|second event|", "| third event|"}},
    {"a data field without a value still makes an event", "data\n\ndata\ndata\n\ndata:", {"||", "|\n|"}},
    {"one space after the colon is dropped, no more",
     "data:test\n\ndata: test\n\ndata:  test\n\n",
     {"|test|", "|test|", "| test|"}},
    {"CR alone ends a line", "data: a\rdata: b\r\r", {"|a\nb|"}},
    {"CRLF ends one line, not two", "data: a\r\ndata: b\r\n\r\n", {"|a\nb|"}},
    {"line ends may be mixed", "data: a\rdata: b\ndata: c\r\n\n", {"|a\nb\nc|"}},
    {"LF CR are two line ends", "data: a\n\rdata: b\n\n", {"|a|", "|b|"}},
    {"an event needs data", "event: x\n\ndata: a\n\n", {"|a|"}},
    {"an event's name does not stay", "event: x\ndata: a\n\ndata: b\n\n", {"x|a|", "|b|"}},
    {"the last name counts", "event: x\nevent: y\ndata: a\n\n", {"y|a|"}},
    {"the id stays for later events", "id: 7\ndata: a\n\ndata: b\n\n", {"|a|7", "|b|7"}},
    {"an id without data moves the cursor", "id: 8\n\ndata: b\n\n", {"|b|8"}},
    {"an empty id clears the cursor", "id: 7\ndata: a\n\nid:\ndata: b\n\n", {"|a|7", "|b|"}},
    {"an id with NUL is ignored", "id: 7\nid: 8\0x\ndata: a\n\n"sv, {"|a|7"}},
    {"a byte order mark at the start is dropped",
     "\xEF\xBB\xBF"
     "data: a\n\n",
     {"|a|"}},
    {"only one byte order mark is dropped",
     "\xEF\xBB\xBF\xEF\xBB\xBF"
     "data: a\n\ndata: b\n\n",
     {"|b|"}},
    {"half a byte order mark is part of the line",
     "\xEF\xBB"
     "data: a\n\ndata: b\n\n",
     {"|b|"}},
    {"a byte order mark later is text", "data: \xEF\xBB\xBF\n\n", {"|\xEF\xBB\xBF|"}},
    {"unknown fields are ignored", "foo: 1\ndata: a\nDATA: b\n data: c\n\n", {"|a|"}},
    {"a colon in the value belongs to it", "data: a:b: c\n\n", {"|a:b: c|"}},
    {"an unfinished event is not dispatched", "data: a\n\ndata: b\n", {"|a|"}},
    {"NUL in data is text", "data: a\0b\n\n"sv, {std::string("|a\0b|", 5)}},
    {"nothing but blank lines is nothing", "\n\r\r\n\n\n", {}},
};

std::string with_lf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      out.push_back('\n');
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string only(std::string_view text, std::string_view allowed) {
  std::string out;
  for (const char c : text) {
    if (allowed.find(c) != std::string_view::npos) out.push_back(c);
  }
  return out;
}

// Text with many bytes that could break a frame.
rc::Gen<std::string> hostile_text() {
  return rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::element('\r', '\n', ':', ' ', '\0', 'i', 'd', 'a', '7', '-'), rc::gen::arbitrary<char>()));
}

}  // namespace

TEST_CASE("an event stream is interpreted by the standard, at any split") {
  for (const Case& c : cases) {
    CAPTURE(c.what);
    CHECK(decoded(c.bytes) == c.events);
    CHECK(decoded(c.bytes, 1) == c.events);
    CHECK(decoded(c.bytes, 3) == c.events);
    for (std::size_t cut = 0; cut <= c.bytes.size(); ++cut) {
      CAPTURE(cut);
      CHECK(decoded_in_two(c.bytes, cut) == c.events);
    }
  }
}

TEST_CASE("retry accepts digits only") {
  const auto retry_of = [](std::string_view value) {
    SseDecoder decoder;
    std::vector<SseEvent> events;
    REQUIRE(decoder.feed("retry: 5\nretry:" + std::string(value) + "\n", events));
    return decoder.retry_ms().value_or(0);
  };
  CHECK(retry_of("1500") == 1500);
  CHECK(retry_of(" 0030") == 30);
  CHECK(retry_of("0") == 0);
  for (const char* value : {"", " ", "-1", "+1", "1.5", "1 ", "  1", "0x10", "1e3", "99999999999999999999999"}) {
    CAPTURE(value);
    CHECK(retry_of(value) == 5);
  }
  CHECK_FALSE(SseDecoder().retry_ms());
}

TEST_CASE("the cursor moves only with a complete block") {
  SseDecoder decoder;
  std::vector<SseEvent> events;
  REQUIRE(decoder.feed("id: e-1\ndata: a\n\nid: e-2\ndata: b\n", events));
  CHECK(decoder.last_event_id() == "e-1");
  REQUIRE(decoder.feed("\n", events));
  CHECK(decoder.last_event_id() == "e-2");
}

TEST_CASE("the last event of a body without a final blank line is available") {
  SseDecoder decoder;
  std::vector<SseEvent> events;
  REQUIRE(decoder.feed("id: 1\ndata: a\n\nid: 2\ndata: [DO", events));
  REQUIRE(decoder.feed("NE]", events));
  events.clear();
  decoder.finish(events);
  REQUIRE(events.size() == 1);
  CHECK(events[0].data == "[DONE]");
  CHECK(decoder.last_event_id() == "1");  // the block was incomplete, so a reconnect requests it again
  decoder.finish(events);
  CHECK(events.size() == 1);

  SseDecoder finished;
  events.clear();
  REQUIRE(finished.feed("data: a\n\n: bye\n", events));
  finished.finish(events);
  CHECK(events.size() == 1);
}

TEST_CASE("an oversized line or event is an error, whole or in pieces") {
  const std::string long_line = "data: " + std::string(200, 'x') + "\n\n";
  std::string long_event;
  for (int i = 0; i < 40; ++i) long_event += "data: xxxxx\n";
  for (const std::string& stream : {long_line, long_event, std::string(101, 'x')}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
      SseDecoder decoder(100);
      std::vector<SseEvent> events;
      Result<void> fed = decoder.feed("data: before\n\n", events);
      for (std::size_t at = 0; fed && at < stream.size(); at += piece)
        fed = decoder.feed(stream.substr(at, piece), events);
      REQUIRE_FALSE(fed);
      CHECK(fed.error().code == ErrorCode::frame_too_large);
      CHECK(summary_of(events) == Decoded{"|before|"});
      CHECK_FALSE(decoder.feed("\n\ndata: after\n\n", events));  // failed
      decoder.finish(events);
      CHECK(events.size() == 1);
    }
  }
}

TEST_CASE("a stream may be endless if its events are not") {
  SseDecoder decoder(100);
  std::vector<SseEvent> events;
  for (int i = 0; i < 1000; ++i) REQUIRE(decoder.feed(": keep-alive\n\ndata: 0123456789\n\n", events));
  CHECK(events.size() == 1000);
}

TEST_CASE("a frame is id, event, data and a blank line, with LF only") {
  std::string out;
  append_retry(out, 1500);
  append_frame(out, "k3-7", "token_stream", "{}");
  append_frame(out, "", "heartbeat", "a\r\nb\rc\nd");
  append_frame(out, "", "", "");
  CHECK(out ==
        "retry: 1500\nid: k3-7\nevent: token_stream\ndata: {}\n\n"
        "event: heartbeat\ndata: a\ndata: b\ndata: c\ndata: d\n\ndata: \n\n");
}

TEST_CASE("no field can inject an event or a line") {
  std::string out;
  append_frame(out, "k3-7\nevent: forged\n\ndata: x", "tok\r\nid: 9\ren", "a\n\nevent: forged\ndata: x");
  // Colons, spaces and line ends are removed from id and name; each line of data is a data line.
  CHECK(out ==
        "id: k3-7eventforgeddatax\nevent: tokid9en\n"
        "data: a\ndata: \ndata: event: forged\ndata: data: x\n\n");
  CHECK(decoded(out) == Decoded{"tokid9en|a\n\nevent: forged\ndata: x|k3-7eventforgeddatax"});
}

TEST_CASE("an id of forbidden bytes produces no empty id line, which would reset the client's cursor") {
  std::string out;
  append_frame(out, "\n\0: "sv, "UPPER", "a");
  CHECK(out == "data: a\n\n");
}

TEST_CASE("any frame decodes to one event with its data, at every split") {
  const bool held = rc::check([] {
    const std::string id = *hostile_text(), event = *hostile_text(), data = *hostile_text();
    std::string frame;
    append_frame(frame, id, event, data);
    const Decoded expected = {only(event, "abcdefghijklmnopqrstuvwxyz0123456789_") + '|' + with_lf(data) + '|' +
                              only(id, "abcdefghijklmnopqrstuvwxyz0123456789-")};
    RC_ASSERT(decoded(frame) == expected);
    for (std::size_t cut = 0; cut <= frame.size(); ++cut) RC_ASSERT(decoded_in_two(frame, cut) == expected);
  });
  CHECK(held);
}

TEST_CASE("any bytes give the same events, at any split") {
  const bool held = rc::check([] {
    const std::string bytes = *rc::gen::container<std::string>(rc::gen::oneOf(
        rc::gen::element('\r', '\n', ':', ' ', '\0', '\xEF', '\xBB', '\xBF'), rc::gen::element('d', 'a', 't', 'i')));
    const std::string stream =
        *rc::gen::element("", "data: x", "id: 1\ndata") + bytes + *rc::gen::element("\n\n", "\r", "");
    const Decoded whole = decoded(stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) RC_ASSERT(decoded_in_two(stream, cut) == whole);
    RC_ASSERT(decoded(stream, 1) == whole);
  });
  CHECK(held);
}

TEST_CASE("lines that are no field are emitted on request, in order with the events") {
  const std::string bytes =
      "{\ndata: a\n  \"error\": \"x\"\n: comment\nevent: e\ndata: b\n\n}\nerror: y\nid: 7\ndata: c\nlast";
  // A line is shown as `line|TEXT`.
  const auto all = [](const std::vector<SseEvent>& events) {
    Decoded lines;
    for (const SseEvent& event : events) {
      lines.push_back((event.is_line ? "line" : event.event) + '|' + event.data);
    }
    return lines;
  };
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    CAPTURE(cut);
    SseDecoder decoder(1 << 20, SseDecoder::OtherLines::emitted);
    std::vector<SseEvent> events;
    REQUIRE(decoder.feed(std::string_view(bytes).substr(0, cut), events));
    REQUIRE(decoder.feed(std::string_view(bytes).substr(cut), events));
    decoder.finish(events);
    CHECK(all(events) ==
          Decoded{"line|{", "|a", "line|  \"error\": \"x\"", "e|b", "line|}", "line|error: y", "|c", "line|last"});
  }
  SseDecoder standard;
  std::vector<SseEvent> events;
  REQUIRE(standard.feed(bytes + "\n\n", events));
  CHECK(all(events) == Decoded{"e|a\nb", "|c"});
}
