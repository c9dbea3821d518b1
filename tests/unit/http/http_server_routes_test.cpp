// Routes of the HTTP server, over real connections.
#include <algorithm>

#include "tests/unit/http/server_fixture.h"

using namespace plenum;
using namespace plenum::tests;

TEST_CASE_FIXTURE(ServerFixture, "a stream ignores Range, and resuming after its last event is 204") {
  const auto id = begin_task();
  Client reader(port);
  send(reader,
       "GET /api/stream/events/" + id + " HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-5\r\nX-Request-Id: r9\r\n\r\n");
  CHECK(sees(reader, "stream_open"));
  CHECK(reader.seen.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(reader.seen.find("X-Request-Id: r9\r\n") != std::string::npos);
  models.call(0).answer("hello");
  CHECK(sees(reader, "event: task_completed"));
  CHECK(ends(reader));
  const auto last = reader.seen.rfind("\nid: ") + 5;
  const auto cursor = reader.seen.substr(last, reader.seen.find('\n', last) - last);
  const auto again = get("/api/stream/events/" + id, "Last-Event-ID: " + cursor + "\r\n");
  CHECK(again.starts_with("HTTP/1.1 204 "));
  CHECK(again.find("Content-Length") == std::string::npos);
}

TEST_CASE_FIXTURE(ServerFixture, "an invalid request for a stream gets a problem document") {
  const auto id = begin_task();
  const auto path = "/api/stream/events/" + id;
  CHECK(get(path, "Last-Event-ID: nonsense\r\n").find("\"code\":\"invalid-cursor\"") != std::string::npos);
  CHECK(get(path + "?after=minus-one").starts_with("HTTP/1.1 400 "));
  CHECK(get(path + "?types=tokens").find("token_stream") != std::string::npos);
  CHECK(get(path, "Accept: text/html\r\n").starts_with("HTTP/1.1 406 "));
  CHECK(get("/api/stream/events/nonsense").find("\"code\":\"stream-not-found\"") != std::string::npos);
  CHECK(get("/api/stream/events/" + StreamId::random().str()).starts_with("HTTP/1.1 404 "));
  CHECK(request("GET " + path + " HTTP/1.1\r\nHost: evil.example\r\n\r\n").starts_with("HTTP/1.1 403 "));
}

TEST_CASE_FIXTURE(ServerFixture, "a POST that accepts a stream gets the stream itself") {
  Client reader(port);
  send(reader,
       post_bytes("/api/stream/task", R"({"task":"greet","workflow":"single"})", "Accept: text/event-stream\r\n"));
  CHECK(sees(reader, "event: task_started"));
  CHECK(reader.seen.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(reader.seen.find("Location: /api/stream/events/") != std::string::npos);
}

TEST_CASE_FIXTURE(ServerFixture, "a buffered task responds at its end, and a client that disconnects cancels nothing") {
  const auto body = R"({"task":"greet","workflow":"single","stream":false})";
  Client patient(port), leaving(port);
  send(patient, post_bytes("/api/stream/task", body));
  CHECK(until([&] { return models.count() == 1; }));
  send(leaving, post_bytes("/api/stream/task", body));
  CHECK(until([&] { return models.count() == 2; }));
  // A run may start before its request thread has returned, so the test waits for both.
  const auto is_awaited = [](const auto& stream) { return !stream->unattended_since(); };
  CHECK(until([&] {
    const auto running = streams.unfinished();
    return std::all_of(running.begin(), running.end(), is_awaited);
  }));
  pass(seconds(40));  // longer than any other request may take
  leaving.close_now();
  CHECK(until([&] { return server.stats().open == 1; }));
  CHECK(models.open_count() == 2);
  patient.read();
  CHECK(patient.seen.empty());
  models.call(0).answer("hello");
  CHECK(ends(patient));
  CHECK(patient.seen.starts_with("HTTP/1.1 200 "));
  CHECK(patient.seen.find("\"answer\":\"hello") != std::string::npos);
}

TEST_CASE_FIXTURE(ServerFixture, "a long poll of the status responds on a change or at its timeout") {
  const auto id = begin_task();
  const auto path = "/api/stream/status/" + id;
  const auto stream = streams.find(*StreamId::parse(id)).value();
  Client on_change(port), on_time(port);
  const auto get_status = [&](const char* wait) {
    return "GET " + path + "?wait=" + wait + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  };
  const auto is_awaited = [&] { return !stream->unattended_since(); };
  send(on_change, get_status("60"));
  CHECK(until(is_awaited));
  models.call(0).text("some text");
  CHECK(sees(on_change, "HTTP/1.1 200 "));
  CHECK(until([&] { return !is_awaited(); }));
  send(on_time, get_status("5"));
  CHECK(until(is_awaited));
  pass(seconds(4));
  on_time.read();
  CHECK(on_time.seen.empty());
  // The timer may start after the request thread has returned, so the clock advances until the response.
  CHECK(until([&] {
    pass(seconds(1));
    on_time.read();
    return on_time.seen.starts_with("HTTP/1.1 200 ");
  }));
  // The connection is usable afterwards.
  send(on_time, livez);
  CHECK(sees(on_time, "\"alive\""));
  CHECK(get(path + "?wait=0").starts_with("HTTP/1.1 400 "));
}

TEST_CASE_FIXTURE(ServerFixture, "an unchanged status is 304") {
  const auto path = "/api/stream/status/" + begin_task();
  settle();
  const auto first = get(path);
  const auto at = first.find("ETag: ") + 6;
  const auto tag = first.substr(at, first.find("\r\n", at) - at);
  const auto second = get(path, "If-None-Match: " + tag + "\r\n");
  CHECK(second.starts_with("HTTP/1.1 304 "));
  CHECK(second.ends_with("\r\n\r\n"));
  models.call(0).answer("hello");
  end_tasks();
  CHECK(get(path, "If-None-Match: " + tag + "\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(ServerFixture, "a cancel needs no body and closes the model's call, and a second one is 200") {
  const auto id = begin_task();
  const auto path = "/api/stream/cancel/" + id;
  CHECK(request("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 202 "));
  CHECK(until([&] { return models.open_count() == 0; }));
  end_tasks();
  CHECK(request(post_bytes(path, R"({"reason":"changed my mind"})")).starts_with("HTTP/1.1 200 "));
  CHECK(request(post_bytes(path, R"({"because":"x"})")).starts_with("HTTP/1.1 422 "));
}

TEST_CASE_FIXTURE(ServerFixture, "every fault of a task is listed with its pointer, and invalid JSON is 400") {
  const auto faults = request(post_bytes("/api/stream/task", R"({"task":7,"color":"red"})"));
  CHECK(faults.starts_with("HTTP/1.1 422 "));
  CHECK(faults.find("\"pointer\":\"/task\"") != std::string::npos);
  CHECK(faults.find("\"pointer\":\"/color\"") != std::string::npos);
  CHECK(request(post_bytes("/api/stream/task", "{\"task\":")).starts_with("HTTP/1.1 400 "));
  CHECK(request("POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 411 "));
}

TEST_CASE_FIXTURE(ServerFixture, "tasks are listed newest first, page by page") {
  const auto first = begin_task();
  clock.advance(milliseconds(5));
  const auto second = begin_task();
  const auto page = get("/api/stream/tasks?limit=1");
  CHECK(page.find(second) != std::string::npos);
  CHECK(page.find(first) == std::string::npos);
  CHECK(page.find("\"next_cursor\":\"" + second) != std::string::npos);
  const auto rest = get("/api/stream/tasks?limit=1&cursor=" + second);
  CHECK(rest.find(first) != std::string::npos);
  CHECK(rest.find("\"next_cursor\":null") != std::string::npos);
  CHECK(get("/api/stream/tasks?limit=101").starts_with("HTTP/1.1 400 "));
}

TEST_CASE_FIXTURE(ServerFixture,
                  "a list has the start of each task, and whole texts on request, as many as fit a page") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "\u20ac";  // three bytes: two of these tasks exceed a page
  for (int i = 0; i < 2; ++i) {
    const auto body = Json{{"task", text}, {"workflow", "single"}}.dump();
    CHECK(request(post_bytes("/api/stream/task", body)).starts_with("HTTP/1.1 202 "));
  }
  const auto list = [&](const std::string& query) {
    const auto response = get("/api/stream/tasks" + query);
    return *parse_json(response.substr(response.find("\r\n\r\n") + 4));
  };
  const Json summary = list("");
  REQUIRE(summary["tasks"].size() == 2);
  CHECK(summary["tasks"][0]["task"] == text.substr(0, 600));
  CHECK(summary["tasks"][0]["task_cut"] == true);
  CHECK(summary["next_cursor"].is_null());
  const Json whole = list("?fields=full");
  REQUIRE(whole["tasks"].size() == 1);
  CHECK(whole["tasks"][0]["task"] == text);
  CHECK(whole["tasks"][0]["task_cut"] == false);
  const Json rest = list("?fields=full&cursor=" + whole["next_cursor"].get<std::string>());
  CHECK(rest["tasks"].size() == 1);
  CHECK(rest["next_cursor"].is_null());
  CHECK(get("/api/stream/tasks?fields=some").starts_with("HTTP/1.1 400 "));
}

TEST_CASE_FIXTURE(ServerFixture, "the server reports its workflows, models and counters, and its shutdown") {
  CHECK(get("/api/workflows").find("\"name\":\"single\"") != std::string::npos);
  CHECK(get("/api/councils").find("{\"councils\":[]}") != std::string::npos);
  const auto models_response = get("/api/models");
  for (const auto* part :
       {"\"key_present\":true", "\"limits\":{\"concurrent_requests_max\":null,\"requests_per_minute\":null}",
        "\"state\":{\"breaker\":\"closed\",\"in_flight\":2,\"waiting\":1,\"open_models\":[\"m\"]}",
        "\"fallback\":[]"}) {
    CAPTURE(part);
    CHECK(models_response.find(part) != std::string::npos);
  }
  CHECK(get("/status").find("\"uptime_s\":0") != std::string::npos);
  CHECK(get("/readyz").starts_with("HTTP/1.1 200 "));
  tasks.begin_drain();
  CHECK(get("/readyz").starts_with("HTTP/1.1 503 "));
  CHECK(get("/livez").starts_with("HTTP/1.1 200 "));
  CHECK(request(post_bytes("/api/stream/task", R"({"task":"x"})")).find("\"code\":\"draining\"") != std::string::npos);
}
