// The route of several streams, over real connections.
#include "server/http/multiplex/composite_cursor.h"
#include "tests/unit/http/server_fixture.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

const std::string route = "/api/stream/events";

}  // namespace

TEST_CASE_FIXTURE(ServerFixture, "two streams arrive on one connection, which counts as one subscriber") {
  const auto first = begin_task();
  const auto second = begin_task();
  CHECK(until([&] { return models.count() == 2; }));
  Client reader(port);
  send(reader, "GET " + route + "?streams=" + first + "%2C" + second +
                   " HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r9\r\n\r\n");
  CHECK(sees(reader, "\"code\":\"stream_open\"", 2));
  CHECK(reader.seen.find("X-Request-Id: r9\r\n") != std::string::npos);
  CHECK(server.stats().subscribers == 1);
  models.call(0).answer("hello");
  models.call(1).answer("hello");
  CHECK(sees(reader, "event: task_completed", 2));
  CHECK(ends(reader));
  const auto last = reader.seen.rfind("\nid: ") + 5;
  const auto cursor = reader.seen.substr(last, reader.seen.find('\n', last) - last);
  const auto target = route + "?streams=" + first + "," + second;
  CHECK(get(target, "Last-Event-ID: " + cursor + "\r\n").starts_with("HTTP/1.1 204 "));
  CHECK(get(target + "&last_event_id=" + cursor).starts_with("HTTP/1.1 204 "));
  CHECK(count_of(get(target + "&from=snapshot"), "event: snapshot") == 2);
  CHECK(count_of(get(route + "?streams=" + first + "@2"), "\nid: ") + 2 ==
        count_of(get(route + "?streams=" + first), "\nid: "));
}

TEST_CASE_FIXTURE(ServerFixture, "an invalid request for several streams gets a problem document") {
  const auto id = begin_task();
  const auto target = route + "?streams=" + id;
  const auto unknown = StreamId::random().str();
  const auto is = [&](const std::string& response, const std::string& status, const std::string& text) {
    CAPTURE(response);
    CHECK(response.starts_with("HTTP/1.1 " + status + " "));
    CHECK(response.find(text) != std::string::npos);
  };
  is(get(route), "400", "needs either `streams` or `scope`");
  is(get(target + "&scope=mine"), "400", "needs either");
  is(get(route + "?scope=all"), "400", "?scope= must be mine.");
  is(get(route + "?streams="), "400", "invalid stream id");
  is(get(target + "," + id), "400", "twice");
  is(get(target + "&dialect=process"), "400", "native format only");
  is(get(target + "&after=3"), "400", "position of one stream");
  is(get(target + "&from=middle"), "400", "invalid-cursor");
  is(get(target + "&gap=jump"), "400", "?gap=");
  is(get(target + "&types=tokens"), "400", "token_stream");
  is(get(target, "Last-Event-ID: epoch1-1-2\r\n"), "400", "invalid-cursor");
  is(get(target, "Accept: application/json\r\n"), "406", "/api/stream/events/{id}");
  is(get(route + "?streams=" + unknown), "404", "stream-not-found");
  is(request("POST " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
     "405", "Allow: GET, HEAD, OPTIONS");
  is(request("HEAD " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), "200",
     "text/event-stream");
}

TEST_CASE_FIXTURE(ServerFixture, "an unknown stream among others is reported on the connection") {
  const auto id = begin_task();
  Client reader(port);
  send(reader,
       "GET " + route + "?streams=" + StreamId::random().str() + "," + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(sees(reader, "\"code\":\"stream_open\""));
  CHECK(sees(reader, "\"error\":{\"code\":\"stream-not-found\""));
}

TEST_CASE_FIXTURE(ServerFixture, "a scope has the running tasks and each new one") {
  begin_task();
  Client reader(port);
  send(reader, "GET " + route + "?scope=mine HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(sees(reader, "\"code\":\"stream_open\""));
  CHECK(reader.seen.find("\"scope\":\"mine\",\"streams\":1") != std::string::npos);
  begin_task();
  CHECK(sees(reader, "\"code\":\"stream_open\"", 2));
  CHECK(until([&] { return models.count() == 2; }));
  models.call(0).answer("hello");
  models.call(1).answer("hello");
  CHECK(sees(reader, "\"code\":\"stream_left\"", 2));
  CHECK_FALSE(reader.gone());
}

TEST_CASE_FIXTURE(ServerFixture, "a scope that resumes gets the tasks that ran in the meantime") {
  Client reader(port);
  send(reader, "GET " + route + "?scope=mine HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(sees(reader, "\"code\":\"multiplex_open\""));
  const auto id_line = reader.seen.find("id: ") + 4;
  const auto cursor = reader.seen.substr(id_line, reader.seen.find('\n', id_line) - id_line);
  reader.close_now();
  clock.advance(seconds(1));
  const auto id = begin_task();
  models.call(0).answer("hello");
  CHECK(until([&] { return streams.unfinished().empty(); }));
  Client again(port);
  send(again, "GET " + route + "?scope=mine HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + cursor + "\r\n\r\n");
  CHECK(sees(again, "event: task_completed"));
  CHECK(sees(again, "\"stream_id\":\"" + id + "\""));
  Client fresh(port);
  send(fresh, "GET " + route + "?scope=mine HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(sees(fresh, "\"streams\":0"));
}

TEST_CASE_FIXTURE(ServerFixture, "the server status has an ETag that readers, times and traffic do not change") {
  const auto tag_of = [](const std::string& response) {
    const auto at = response.find("ETag: ") + 6;
    return response.substr(at, response.find("\r\n", at) - at);
  };
  const auto before = get("/status");
  const auto tag = tag_of(before);
  CHECK(tag.starts_with("W/\""));
  clock.advance(seconds(5));
  CHECK(tag_of(get("/status")) == tag);
  const auto unchanged = get("/status", "If-None-Match: " + tag + "\r\n");
  CHECK(unchanged.starts_with("HTTP/1.1 304 "));
  CHECK(tag_of(unchanged) == tag);
  begin_task();
  const auto changed = get("/status", "If-None-Match: " + tag + "\r\n");
  CHECK(changed.starts_with("HTTP/1.1 200 "));
  CHECK(tag_of(changed) != tag);
}
