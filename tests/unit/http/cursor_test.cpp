#include "server/http/sse/cursor.h"

#include <doctest/doctest.h>

using namespace plenum;
using namespace plenum::http;

namespace {

const StreamExtent live{"ep", 1, 10, false};
const StreamExtent finished{"ep", 1, 10, true};
const StreamExtent trimmed{"ep", 5, 10, false};

CursorRequest header(std::string text) {
  CursorRequest request;
  request.last_event_id_header = std::move(text);
  return request;
}

StartPoint start_of(const CursorResolution& resolution) {
  REQUIRE(std::holds_alternative<StartPoint>(resolution));
  return std::get<StartPoint>(resolution);
}

ErrorCode error_of(const CursorResolution& resolution) {
  REQUIRE(std::holds_alternative<Error>(resolution));
  return std::get<Error>(resolution).code;
}

}  // namespace

TEST_CASE("without a cursor, a subscription starts at the first event") {
  const StartPoint start = start_of(resolve_cursor({}, live));
  CHECK(start.after == 0);
  CHECK_FALSE(start.recovered);
  CHECK(start_of(resolve_cursor({}, finished)).after == 0);
}

TEST_CASE("a cursor that is held resumes right after its event") {
  const StartPoint start = start_of(resolve_cursor(header("ep-7"), live));
  CHECK(start.after == 7);
  CHECK(start.recovered);
  CHECK_FALSE(start.gap);
  CHECK(start_of(resolve_cursor(header("ep-0"), live)).after == 0);
  CHECK(start_of(resolve_cursor(header("ep-10"), live)).after == 10);
}

TEST_CASE("the header wins over every query, and an empty header counts as absent") {
  CursorRequest all = header("ep-3");
  all.last_event_id_query = "ep-4";
  all.after = "5";
  all.from = "now";
  CHECK(start_of(resolve_cursor(all, live)).after == 3);
  all.last_event_id_header.clear();
  CHECK(start_of(resolve_cursor(all, live)).after == 4);
  all.last_event_id_query.clear();
  CHECK(start_of(resolve_cursor(all, live)).after == 5);
  all.after.reset();
  CHECK(start_of(resolve_cursor(all, live)).after == 10);
}

TEST_CASE("only a finished stream that was read to its end has nothing more") {
  CHECK(std::holds_alternative<NothingMore>(resolve_cursor(header("ep-10"), finished)));
  CHECK(start_of(resolve_cursor(header("ep-9"), finished)).after == 9);
  CursorRequest now;
  now.from = "now";
  CHECK(std::holds_alternative<NothingMore>(resolve_cursor(now, finished)));
}

TEST_CASE("a position outside of the stream is an invalid cursor") {
  for (const char* text : {"ep", "ep-", "-3", "ep-x", "EP-3", "ep-3 ", "ep--3", "ep-03", "ep-18446744073709551616",
                           "e:p-3", "ep-11", "ep-3\n", "0123456789abcdef0123456789abcdef-1"}) {
    CAPTURE(text);
    CHECK(error_of(resolve_cursor(header(text), live)) == ErrorCode::invalid_cursor);
  }
  for (const char* text : {"", "-1", "+1", "1.0", "11", "0x1", " 1", "99999999999999999999"}) {
    CAPTURE(text);
    CursorRequest request;
    request.after = text;
    CHECK(error_of(resolve_cursor(request, live)) == ErrorCode::invalid_cursor);
  }
  CursorRequest keyword;
  keyword.from = "end";
  CHECK(error_of(resolve_cursor(keyword, live)) == ErrorCode::invalid_cursor);
}

TEST_CASE("a cursor of another epoch is a gap, handled as ?gap= requests") {
  CursorRequest request = header("other-4");
  const StartPoint bridged = start_of(resolve_cursor(request, live));
  CHECK(bridged.snapshot);
  CHECK(bridged.after == 10);
  REQUIRE(bridged.gap);
  CHECK(bridged.gap->from == 1);
  CHECK(bridged.gap->to == 10);
  CHECK_FALSE(bridged.recovered);
  request.gap = "fail";
  CHECK(error_of(resolve_cursor(request, live)) == ErrorCode::cursor_expired);
  request.gap = "skip";
  const StartPoint skipped = start_of(resolve_cursor(request, trimmed));
  CHECK_FALSE(skipped.snapshot);
  CHECK(skipped.after == 4);
  request.gap = "ignore";
  CHECK(error_of(resolve_cursor(request, live)) == ErrorCode::bad_request);
}

TEST_CASE("a cursor older than the held events is a gap from the first missed event") {
  const StartPoint start = start_of(resolve_cursor(header("ep-2"), trimmed));
  REQUIRE(start.gap);
  CHECK(start.gap->from == 3);
  CHECK(start_of(resolve_cursor(header("ep-4"), trimmed)).recovered);
}

TEST_CASE("a snapshot of a finished stream is followed by the terminal event") {
  CursorRequest request;
  request.from = "snapshot";
  CHECK(start_of(resolve_cursor(request, finished)).after == 9);
  CHECK(start_of(resolve_cursor(request, live)).after == 10);
}
