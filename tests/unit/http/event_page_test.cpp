// Pages of a stream's log: the same events as the stream, for any page size.
#include "server/http/sse/event_page.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "common/json/json_access.h"
#include "tests/unit/stream/stream_fixture.h"

using namespace plenum;
using namespace plenum::http;
using plenum::tests::StreamFixture;

namespace {

struct PageFixture : StreamFixture {
  PageFixture() : StreamFixture({}, {.queue_events_max = 1 << 20, .merge_bytes_max = 0}) {}

  void push_words(int count, std::size_t bytes = 1) {
    for (int i = 0; i < count; ++i) CHECK(push_token(std::string(bytes, static_cast<char>('a' + i % 26))));
    turn();
  }
  Response respond(const PageRequest& request) const { return page_response(read_page(*stream, request)); }
  static std::string body_of(const Response& response) {
    std::string body = response.body(), piece;
    while (response.pieces() && response.pieces()->next(piece)) body += std::exchange(piece, {});
    return body;
  }
  static PageRequest after(std::uint64_t seq, std::size_t events_max = 200) {
    PageRequest request;
    request.cursor.after = std::to_string(seq);
    request.events_max = events_max;
    return request;
  }
  Json page(const PageRequest& request) const {
    const Response response = respond(request);
    REQUIRE(response.status() == 200);
    return parse_json(body_of(response)).value();
  }
  std::vector<Json> lines(PageRequest request) const {
    request.format = PageFormat::ndjson;
    const Response response = respond(request);
    REQUIRE(response.status() == 200);
    CHECK(response.content_type() == "application/x-ndjson");
    std::vector<Json> all;
    std::istringstream body(body_of(response));
    for (std::string line; std::getline(body, line);) all.push_back(parse_json(line).value());
    return all;
  }
};

}  // namespace

TEST_CASE_FIXTURE(PageFixture, "following `next` yields every event once and ends with null") {
  push_words(95);
  CHECK(push_end());
  turn();
  PageRequest request;
  request.events_max = 10;
  std::string text;
  std::uint64_t seen = 0;
  int pages = 0;
  for (Json next = ""; !next.is_null(); ++pages) {
    request.cursor.last_event_id_query = next.get<std::string>();
    const Json one = page(request);
    CHECK(one["events"].size() <= 10);
    for (const Json& event : one["events"]) {
      CHECK(*number_at(event, "seq") == static_cast<std::int64_t>(++seen));
      text += text_at(event, "tokens");
    }
    CHECK(one["last_seq"] == 96);
    CHECK(one["first_seq"] == 1);
    CHECK(one["epoch"] == "epoch1");
    CHECK(one["status"] == "completed");
    CHECK(one["finished"] == true);
    next = one["next"];
  }
  CHECK(pages == 10);
  CHECK(seen == 96);
  CHECK(text == text_after(0));
  CHECK(respond(after(96)).status() == 204);
}

TEST_CASE_FIXTURE(PageFixture, "a page at the end of a running stream has the cursor to poll again") {
  Json empty = page(after(0));
  CHECK(empty["events"].empty());
  CHECK(empty["next"] == "epoch1-0");
  push_words(3);
  PageRequest request;
  request.events_max = 200;
  request.cursor.last_event_id_query = empty["next"].get<std::string>();
  const Json some = page(request);
  CHECK(some["events"].size() == 3);
  CHECK(some["next"] == "epoch1-3");
  CHECK(some["finished"] == false);
  CHECK(page(after(3))["events"].empty());
}

TEST_CASE_FIXTURE(PageFixture, "a page is also limited in bytes, but one large event is never withheld") {
  push_words(40, 100'000);
  CHECK(push_token(std::string(3'000'000, 'z')));
  CHECK(push_end());
  turn();
  std::size_t seen = 0;
  for (std::uint64_t at = 0; at < stream->head();) {
    const Response response = respond(after(at, 1000));
    const Json one = parse_json(body_of(response)).value();
    REQUIRE_FALSE(one["events"].empty());
    CHECK((response.body().size() < 1'100'000 || one["events"].size() == 1));
    seen += one["events"].size();
    at = static_cast<std::uint64_t>(*number_at(one["events"].back(), "seq"));
  }
  CHECK(seen == 42);
  CHECK(lines(after(0, 1000)).size() < 43);  // a few MiB, not the whole rest
}

TEST_CASE_FIXTURE(PageFixture, "NDJSON is one event per line, up to the last event, and ends with the cursor") {
  push_words(1500);
  auto all = lines(after(10, 100'000));
  REQUIRE(all.size() == 1491);
  CHECK(all.front()["seq"] == 11);
  CHECK(all.back()["type"] == "page_end");
  CHECK(all.back()["next"] == "epoch1-1500");
  CHECK(push_end());
  turn();
  all = lines(after(1500, 100'000));
  REQUIRE(all.size() == 2);
  CHECK(all.front()["terminal"] == true);
  CHECK(all.back()["next"].is_null());
}

TEST_CASE_FIXTURE(PageFixture, "a cursor of another epoch yields a gap and a snapshot") {
  CHECK(stream->push(Event{ChunkStarted{}, speaker}));
  push_words(4);
  CHECK(push_end());
  turn();
  PageRequest request;
  request.events_max = 200;
  request.cursor.last_event_id_header = "zzzzzzzz-3";
  const Json one = page(request);
  CHECK(one["gap"]["from"] == 1);
  CHECK(one["gap"]["to"] == 5);
  CHECK(one["snapshot"]["seq"] == 5);
  CHECK(one["snapshot"]["chunks"][0]["text"] == "abcd");
  REQUIRE(one["events"].size() == 1);
  CHECK(one["events"][0]["terminal"] == true);

  const auto all = lines(request);
  REQUIRE(all.size() == 4);
  CHECK(all[0]["code"] == "gap");
  CHECK_FALSE(all[0].contains("seq"));
  CHECK(all[1]["type"] == "snapshot");
  CHECK(all[1]["seq"] == 5);

  request.cursor.gap = "skip";
  const Json skipped = page(request);
  CHECK(skipped.contains("gap"));
  CHECK_FALSE(skipped.contains("snapshot"));
  CHECK(skipped["events"].size() == 6);
  request.cursor.gap = "fail";
  CHECK(respond(request).status() == 410);
  request.cursor.last_event_id_header = "nonsense";
  CHECK(respond(request).status() == 400);
}

TEST_CASE_FIXTURE(PageFixture, "filtered pages continue exactly, even if a page is empty") {
  const auto a = source("a"), b = source("b");
  for (int i = 0; i < 300; ++i) CHECK(stream->push(Event{TokenStream{"x", TokenKind::text}, i % 3 == 0 ? a : b}));
  CHECK(push_end());
  turn();
  PageRequest request;
  request.events_max = 7;
  REQUIRE(request.filter.set_members("m/a"));
  std::size_t seen = 0;
  for (Json next = ""; !next.is_null();) {
    request.cursor.last_event_id_query = next.get<std::string>();
    const Json one = page(request);
    for (const Json& event : one["events"]) CHECK((event["type"] == "task_completed" || event["member"] == "m/a"));
    seen += one["events"].size();
    next = one["next"];
  }
  CHECK(seen == 101);
}

TEST_CASE_FIXTURE(PageFixture, "an unchanged page is 304, and a different one has a different tag") {
  push_words(5);
  PageRequest request = after(2);
  const Response first = respond(request);
  const std::string tag(first.header_value("ETag"));
  REQUIRE(tag.size() > 2);
  CHECK(first.header_value("Vary") == "Accept");
  CHECK(respond(request).body() == first.body());
  request.if_none_match = "\"other\", " + tag;
  const Response same = respond(request);
  CHECK(same.status() == 304);
  CHECK(same.header_value("ETag") == tag);
  PageRequest other = request;
  other.cursor.after = "3";
  CHECK(respond(other).status() == 200);
  other = request;
  other.format = PageFormat::ndjson;
  CHECK(respond(other).status() == 200);
  push_words(1);
  CHECK(respond(request).status() == 200);
}

TEST_CASE_FIXTURE(PageFixture, "a page whose lines have the time of the request has no ETag") {
  push_words(5);
  PageRequest request;
  request.events_max = 200;
  request.cursor.from = "snapshot";
  CHECK_FALSE(respond(request).header_value("ETag").empty());
  request.format = PageFormat::ndjson;
  const Response lines_with_times = respond(request);
  CHECK(lines_with_times.status() == 200);
  CHECK(lines_with_times.header_value("ETag").empty());
}
