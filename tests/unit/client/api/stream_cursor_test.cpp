#include "client/api/stream_cursor.h"

#include <doctest/doctest.h>

using namespace plenum;
using namespace plenum::client;

namespace {

ReceivedEvent numbered(std::uint64_t seq) {
  ReceivedEvent event;
  event.seq = seq;
  event.payload = ChunkStarted{};
  return event;
}

ReceivedEvent notice(std::string code, std::string fields = {}) {
  ReceivedEvent event;
  SystemMessage message;
  message.code = std::move(code);
  message.fields_json = std::move(fields);
  event.payload = std::move(message);
  return event;
}

}  // namespace

TEST_CASE("events are delivered only in order") {
  StreamCursor cursor;
  CHECK(cursor.last_event_id().empty());
  CHECK(cursor.take(numbered(1), "a-1") == Verdict::next);
  CHECK(cursor.take(numbered(1), "a-1") == Verdict::duplicate);
  CHECK(cursor.take(numbered(3), "a-3") == Verdict::gap);
  CHECK(cursor.take(numbered(2), "a-2") == Verdict::next);
  CHECK(cursor.last_event_id() == "a-2");
}

TEST_CASE("control events never move the cursor") {
  StreamCursor cursor;
  CHECK(cursor.take(numbered(1), "a-1") == Verdict::next);
  CHECK(cursor.take(notice("stream_open", R"("epoch":"b","last_seq":9)"), "a-1") == Verdict::control);
  CHECK(cursor.last_event_id() == "a-1");
}

TEST_CASE("an id that does not match its event is invalid") {
  StreamCursor cursor;
  CHECK(cursor.take(numbered(1), "a-2") == Verdict::invalid_id);
  CHECK(cursor.take(numbered(1), "") == Verdict::invalid_id);
  CHECK(cursor.take(numbered(1), "a-1\n") == Verdict::invalid_id);
}

TEST_CASE("another epoch without a notice is a gap; after a gap notice the stream continues in it") {
  StreamCursor cursor;
  CHECK(cursor.take(numbered(1), "a-1") == Verdict::next);
  CHECK(cursor.take(numbered(2), "b-2") == Verdict::gap);
  CHECK(cursor.take(notice("gap"), "a-1") == Verdict::control);
  CHECK(cursor.take(numbered(1), "b-1") == Verdict::next);
  CHECK(cursor.take(numbered(3), "b-3") == Verdict::gap);
  CHECK(cursor.last_event_id() == "b-1");
}

TEST_CASE("after a gap notice the same log continues later, never earlier") {
  StreamCursor cursor = StreamCursor::after(5);
  CHECK(cursor.take(notice("gap"), "") == Verdict::control);
  CHECK(cursor.take(numbered(4), "a-4") == Verdict::duplicate);
  CHECK(cursor.take(numbered(40), "a-40") == Verdict::next);
  CHECK(cursor.take(numbered(42), "a-42") == Verdict::gap);
}

TEST_CASE("a cursor given as a number takes its epoch from the stream") {
  StreamCursor cursor = StreamCursor::after(7);
  CHECK(cursor.last_event_id().empty());
  CHECK(cursor.take(notice("stream_open", R"("epoch":"a","last_seq":9)"), "") == Verdict::control);
  CHECK(cursor.last_event_id() == "a-7");
  CHECK(cursor.take(numbered(8), "a-8") == Verdict::next);
}
