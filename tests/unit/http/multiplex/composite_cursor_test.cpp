#include "server/http/multiplex/composite_cursor.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

using namespace plenum;
using namespace plenum::http;

namespace {

const std::string first = "01234567-89ab-4cde-8f01-23456789abcd";
const std::string second = "fedcba98-7654-4321-9876-543210fedcba";

std::string list_text(const ListCursor& cursor) {
  std::string text;
  CompositeCursorWriter writer(text);
  for (const auto& position : cursor) {
    if (position) {
      writer.add(position->epoch, position->seq);
    } else {
      writer.add("", std::nullopt);
    }
  }
  return text;
}

std::string scope_text(const ScopeCursor& cursor, const std::string& epoch_of_others) {
  std::string text;
  CompositeCursorWriter writer(text);
  writer.begin_scope(cursor.known_until);
  for (const auto& entry : cursor.streams) {
    if (entry.position) {
      writer.add(entry.position->epoch, entry.position->seq, &entry.id);
    } else {
      writer.add(epoch_of_others, std::nullopt, &entry.id);
    }
  }
  return text;
}

std::optional<EventId> some_position() {
  if (*rc::gen::inRange(0, 4) == 0) return {};
  const auto epoch = *rc::gen::element<std::string>("k3x9q2af", "otherepo", "e1");
  const auto seq = *rc::gen::element<std::uint64_t>(0, 1, 12, 4711, 99'999'999);
  return EventId{epoch, seq};
}

}  // namespace

TEST_CASE("the cursor of one stream is its event id") {
  CHECK(list_text({EventId{"k3x9q2af", 12}}) == "k3x9q2af-12");
  const auto cursor = parse_list_cursor("k3x9q2af-12", 1);
  REQUIRE(cursor);
  CHECK(cursor->front() == EventId{"k3x9q2af", 12});
}

TEST_CASE("streams of one epoch share it, and a stream without a position is marked") {
  CHECK(list_text({EventId{"k3x9q2af", 12}, std::nullopt, EventId{"k3x9q2af", 7}}) == "k3x9q2af-12-x-7");
  CHECK(list_text({std::nullopt, EventId{"e1", 3}, EventId{"e2", 4}}) == "e1-x-3--e2-4");
  CHECK(list_text({std::nullopt, std::nullopt}) == "");
}

TEST_CASE("a cursor of a list is read as it was written") {
  rc::check([] {
    ListCursor cursor(static_cast<std::size_t>(*rc::gen::inRange(1, 65)));
    bool has_position = false;
    for (auto& position : cursor) {
      position = some_position();
      has_position = has_position || position.has_value();
    }
    const auto read = parse_list_cursor(list_text(cursor), cursor.size());
    RC_ASSERT(read.has_value() == has_position);
    if (read) RC_ASSERT(*read == cursor);
    RC_ASSERT(!parse_list_cursor(list_text(cursor), cursor.size() + 1));
  });
}

TEST_CASE("a cursor of a scope names its streams, and is read as it was written") {
  const ScopeCursor one{WallTime(milliseconds(1'795'222'800'000)), {{*StreamId::parse(first), EventId{"e1", 5}}}};
  CHECK(scope_text(one, "e1") == "mwppaxs0--e1-04hkaps9ld6dt3o14d2mf2dbpk5");
  rc::check([] {
    ScopeCursor cursor{WallTime(milliseconds(*rc::gen::inRange(0, 2'000'000'000))), {}};
    for (int streams = *rc::gen::inRange(0, 65); streams > 0; --streams) {
      cursor.streams.push_back({StreamId::random(), some_position()});
    }
    const auto text = scope_text(cursor, "e1");
    const auto read = parse_scope_cursor(text);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == cursor);
    RC_ASSERT(text.size() <= 4096u);
  });
}

TEST_CASE("a malformed cursor is invalid") {
  for (const char* text : {"", "e1", "e1-", "-1", "e1-1-", "e1--1", "e1-01", "e1-1--", "e1-1---e2-2", "E1-1", "e1-y",
                           "e1-x", "e1-99999999999999999999999"}) {
    CAPTURE(text);
    const auto cursor = parse_list_cursor(text, 1);
    REQUIRE_FALSE(cursor);
    CHECK(cursor.error().code == ErrorCode::invalid_cursor);
  }
  CHECK_FALSE(parse_list_cursor("e?1-x--e1-7", 2));  // an epoch is checked also where it has no position
  for (const char* text : {"", "-1", "0--", "0--e1", "0--e1-5", "0--e1-04hkaps9ld6dt3o14d2mf2dbpk", "A", "0-1",
                           "0--e1-04hkaps9ld6dt3o14d2mf2dbpl5", "zzzzzzzzzzz"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_scope_cursor(text));
  }
}

TEST_CASE("a list of streams has ids with optional starts, each once, at most 64") {
  const auto list = parse_stream_list(first + "@e1-7," + second);
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK((*list)[0].id.str() == first);
  CHECK((*list)[0].start == "e1-7");
  CHECK((*list)[1].start.empty());
  CHECK_FALSE(parse_stream_list(""));
  CHECK_FALSE(parse_stream_list(first + ","));
  CHECK_FALSE(parse_stream_list("nonsense"));
  CHECK(parse_stream_list(first + "," + first).error().message == "?streams= names " + first + " twice.");
  std::string many = first;
  for (int i = 0; i < 63; ++i) many += "," + StreamId::random().str();
  CHECK(parse_stream_list(many));
  CHECK_FALSE(parse_stream_list(many + "," + second));
}
