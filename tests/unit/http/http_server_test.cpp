// Connections: reading requests, timeouts, limits and closing.
#include "server/http/server/http_server.h"

#include <latch>

#include "tests/unit/http/server_fixture.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

struct FewConnections : ServerFixture {
  FewConnections() : ServerFixture(options()) {}
  static HttpServerOptions options() {
    HttpServerOptions small;
    small.connections_max = 3;
    small.connections_per_address_max = 2;
    return small;
  }
};
struct ClosedPool : ServerFixture {
  ClosedPool() : ServerFixture(options()) {}
  static HttpServerOptions options() {
    HttpServerOptions none;
    none.request_queue_max = 0;
    return none;
  }
};

struct TwoConnections : ServerFixture {
  TwoConnections() : ServerFixture(options()) {}
  static HttpServerOptions options() {
    HttpServerOptions two;
    two.connections_max = 2;
    return two;
  }
};
// One large response fits at a time.
struct SmallBuffers : ServerFixture {
  SmallBuffers() : ServerFixture(options()) {}
  static HttpServerOptions options() {
    HttpServerOptions small;
    small.memory = std::make_shared<runtime::MemoryBudget>(std::size_t{256} << 20);
    return small;
  }
};
struct OneWriteThread : ServerFixture {
  OneWriteThread() : ServerFixture(options()) {}
  static HttpServerOptions options() {
    HttpServerOptions one;
    one.write_threads = 1;
    return one;
  }
  // A submission whose handler does not return until `released`.
  Client held_submission(const std::string& headers = {}) {
    on_new_stream = [this] {
      entered.count_down();
      released.wait();
    };
    Client client(port);
    send(client, post_bytes("/api/stream/task", body, headers));
    CHECK(until([&] { return entered.try_wait(); }));
    return client;
  }
  void release() {
    released.count_down();
    CHECK(until([&] { return streams.counts().opened_total == 1; }));
  }

  const std::string body = R"({"task":"greet","workflow":"single"})";
  std::latch entered{1}, released{1};
};

}  // namespace

TEST_CASE_FIXTURE(ServerFixture, "a connection serves several requests, and pipelined ones in order") {
  Client client(port);
  send(client, livez);
  CHECK(sees(client, "\"alive\""));
  send(client, livez + "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n" + livez);
  CHECK(sees(client, "\"alive\"", 3));
  const auto first = client.seen.find("HTTP/1.1 200", 20);
  const auto missing = client.seen.find("HTTP/1.1 404");
  CHECK(first < missing);
  CHECK(missing < client.seen.rfind("HTTP/1.1 200"));
  CHECK(count_of(client.seen, "HTTP/1.1 ") == 4);
  CHECK_FALSE(client.gone());
  CHECK(server.stats().requests == 4);
}

TEST_CASE_FIXTURE(ServerFixture, "a request that arrives byte by byte is served like one that arrives at once") {
  Client client(port);
  for (const char byte : livez) {
    send(client, {&byte, 1});
    turn();
  }
  CHECK(sees(client, "\"alive\""));
}

TEST_CASE_FIXTURE(ServerFixture, "a rejected request gets a problem document, and nothing after it is parsed") {
  const auto response = request(
      "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\nGET /status HTTP/1.1\r\nHost: "
      "localhost\r\n\r\n");
  CHECK(response.starts_with("HTTP/1.1 400 "));
  CHECK(response.find("Content-Type: application/problem+json\r\n") != std::string::npos);
  CHECK(response.find("Connection: close\r\n") != std::string::npos);
  CHECK(count_of(response, "HTTP/1.1 ") == 1);
  CHECK(server.stats().requests == 0);
  CHECK(server.stats().rejected.at("bad-request") == 1);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "a body over the limit is rejected while it is sent, and the client receives the response") {
  Client client(port);
  send(client,
       "POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
       "4194305\r\n\r\n");
  send(client, std::string(1048577, 'x'));
  CHECK(sees(client, "payload-too-large"));
  CHECK(client.seen.starts_with("HTTP/1.1 413 "));
  CHECK_FALSE(client.reset);
}

TEST_CASE_FIXTURE(ServerFixture, "a head must be complete within ten seconds, even if bytes keep arriving") {
  Client silent(port), slow(port);
  send(slow, "GET /livez HTT");
  settle();
  for (int second = 0; second < 9; ++second) {
    pass(seconds(1));
    send(slow, "P");
  }
  slow.read();
  CHECK_FALSE(slow.gone());
  pass(seconds(2));
  CHECK(ends(slow));
  CHECK(slow.seen.starts_with("HTTP/1.1 408 "));
  CHECK(ends(silent));
  CHECK(silent.seen.empty());
  pass(seconds(2));  // the rejected one lingers, so that the client receives the response
  CHECK(server.stats().open == 0);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "a body below the minimum rate times out after the grace period, a faster one does not") {
  const std::string head =
      "POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
      "100000\r\n\r\n";
  Client slow(port), steady(port);
  send(slow, head);
  send(steady, head);
  settle();
  for (int second = 0; second < 6; ++second) {
    send(slow, "x");
    send(steady, std::string(2048, 'x'));
    settle();
    pass(seconds(1));
  }
  CHECK(ends(slow));
  CHECK(slow.seen.starts_with("HTTP/1.1 408 "));
  steady.read();
  CHECK_FALSE(steady.gone());
  for (int second = 0; second < 26; ++second) {
    send(steady, std::string(2048, 'x'));
    settle();
    pass(seconds(1));
  }
  CHECK(ends(steady));
  CHECK(steady.seen.starts_with("HTTP/1.1 408 "));
}

TEST_CASE_FIXTURE(ServerFixture, "an idle connection closes after 75 seconds, counted from its last request") {
  Client client(port);
  for (int round = 1; round <= 2; ++round) {
    send(client, livez);
    CHECK(sees(client, "\"alive\"", static_cast<std::size_t>(round)));
    pass(seconds(74));
    client.read();
    CHECK_FALSE(client.gone());
  }
  pass(seconds(2));
  CHECK(ends(client));
  CHECK_FALSE(client.reset);
}

TEST_CASE_FIXTURE(FewConnections, "an address over its limit gets 429, and a closed connection frees its slot") {
  Client first(port), second(port);
  settle();
  CHECK(server.stats().open == 2);
  Client third(port);
  CHECK(ends(third));
  CHECK(third.seen.starts_with("HTTP/1.1 429 "));
  CHECK(third.seen.find("too-many-connections") != std::string::npos);
  first.close_now();
  CHECK(until([&] { return server.stats().open == 1; }));
  CHECK(get("/livez").starts_with("HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(ClosedPool, "a full queue is 503 at once, with Retry-After") {
  const auto response = get("/status");
  CHECK(response.starts_with("HTTP/1.1 503 "));
  CHECK(response.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(response.find("\"code\":\"busy\"") != std::string::npos);
  CHECK(get("/livez").starts_with("HTTP/1.1 200 "));  // health checks need no thread
}

TEST_CASE_FIXTURE(ServerFixture,
                  "after accepting stops, idle connections close, a started request is served, new ones are reset") {
  Client idle(port), started(port);
  send(idle, livez);
  CHECK(sees(idle, "\"alive\""));
  send(started, livez.substr(0, 20));
  settle();
  server.stop_accepting();
  CHECK(ends(idle));
  send(started, livez.substr(20));
  CHECK(ends(started));
  CHECK(started.seen.find("Connection: close\r\n") != std::string::npos);
  CHECK(started.seen.find("\"alive\"") != std::string::npos);
  Client late(port);
  settle();
  late.read();
  CHECK(late.reset);
}

TEST_CASE_FIXTURE(ServerFixture, "an error response after a HEAD request on the same connection has its body") {
  Client client(port);
  send(client, "HEAD /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(sees(client, "\r\n\r\n"));
  CHECK(client.seen.find("alive") == std::string::npos);
  send(client, "GET /livez HTTP/1.1\r\n\r\n");  // no Host
  CHECK(ends(client));
  CHECK(client.seen.find("HTTP/1.1 400 ") != std::string::npos);
  CHECK(client.seen.find("\"code\":\"bad-request\"") != std::string::npos);
}

TEST_CASE_FIXTURE(SmallBuffers, "a client that disconnects during a response frees its share of the response buffer") {
  const auto id = begin_task();
  models.newest().answer(std::string(6 << 20, 'x'));  // twice in the result: as the answer and as its member's text
  end_tasks();
  for (int i = 0; i < 4; ++i) {
    CAPTURE(i);
    Client client(port, 4096);
    send(client, "GET /api/stream/result/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(sees(client, "HTTP/1.1 "));
    CHECK(client.seen.starts_with("HTTP/1.1 200 "));
    client.close_now();
    CHECK(until([&] { return server.stats().open == 0; }));
  }
}

TEST_CASE_FIXTURE(FewConnections, "every connection over the limit gets an error response, however many came before") {
  Client first(port), second(port);
  settle();
  for (int i = 0; i < 100; ++i) {
    CAPTURE(i);
    Client rejected(port);
    CHECK(ends(rejected));
    CHECK(rejected.seen.starts_with("HTTP/1.1 429 "));
  }
}

TEST_CASE_FIXTURE(ServerFixture, "a client that keeps sending after its request was rejected is disconnected") {
  Client client(port);
  send(client, "POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n");
  CHECK(sees(client, "payload-too-large"));
  const std::string bytes(64 * 1024, 'x');
  std::size_t sent = 0;
  CHECK(until([&] {
    sent += client.send_some(bytes);
    return server.stats().open == 0 || sent > std::size_t{64} << 20;
  }));
  CHECK(server.stats().open == 0);
}

TEST_CASE_FIXTURE(TwoConnections, "subscribers of streams count towards the limit of open connections") {
  const auto id = begin_task();
  CHECK(until([&] { return server.stats().open == 0; }));
  Client subscriber(port);
  send(subscriber, "GET /api/stream/events/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(sees(subscriber, "stream_open"));
  Client second(port);
  settle();
  second.read();
  CHECK_FALSE(second.gone());
  Client third(port);
  CHECK(ends(third));
  CHECK(third.seen.starts_with("HTTP/1.1 503 "));
}

TEST_CASE_FIXTURE(OneWriteThread, "a queued request whose client got a timeout is not executed") {
  Client held = held_submission();
  Client queued(port);
  send(queued, post_bytes("/api/stream/task", body));
  CHECK(until([&] { return server.stats().requests == 2; }));
  pass(HttpServerOptions{}.response_timeout);
  CHECK(ends(queued));
  CHECK(queued.seen.starts_with("HTTP/1.1 503 "));
  CHECK(queued.seen.find("was not executed") != std::string::npos);
  release();
  // The write thread has reached what was queued.
  CHECK(request(post_bytes("/api/stream/task", "{}")).starts_with("HTTP/1.1 422 "));
  CHECK(streams.counts().opened_total == 1);
}

TEST_CASE_FIXTURE(OneWriteThread,
                  "a change that is executed at the response timeout is 504, and its key returns the outcome later") {
  const std::string key = "Idempotency-Key: one\r\n";
  Client held = held_submission(key);
  pass(HttpServerOptions{}.response_timeout);
  CHECK(ends(held));
  CHECK(held.seen.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"));
  CHECK(held.seen.find("\"code\":\"timeout\"") != std::string::npos);
  CHECK(server.stats().rejected.at("timeout") == 1);
  release();
  const auto repeated = request(post_bytes("/api/stream/task", body, key));
  CHECK(repeated.starts_with("HTTP/1.1 202 "));
  CHECK(repeated.find("Idempotency-Replayed: true") != std::string::npos);
  CHECK(streams.counts().opened_total == 1);
}

TEST_CASE_FIXTURE(OneWriteThread, "reads and health checks are served while every write thread waits") {
  Client held = held_submission();
  for (const char* path : {"/livez", "/readyz", "/healthz", "/", "/status", "/api/stream/tasks", "/api/models"}) {
    CAPTURE(path);
    CHECK(get(path).starts_with("HTTP/1.1 200 "));
  }
  CHECK(get("/nowhere").starts_with("HTTP/1.1 404 "));
  release();
  CHECK(ends(held));
  CHECK(held.seen.starts_with("HTTP/1.1 202 "));
}

TEST_CASE_FIXTURE(ServerFixture, "a request that waits for a stream counts as its use until it ends") {
  const auto id = begin_task();
  const auto stream = streams.find(*StreamId::parse(id)).value();
  Client waiting(port);
  send(waiting, "GET /api/stream/status/" + id + "?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(until([&] { return !stream->unattended_since(); }));
  clock.advance(seconds(20));
  waiting.close_now();
  CHECK(until([&] { return stream->unattended_since().has_value(); }));
  CHECK(stream->unattended_since() == clock.steady());
}

TEST_CASE_FIXTURE(ServerFixture, "a client that has closed its sending side receives the whole stream") {
  const auto id = begin_task();
  Client client(port);
  send(client, "GET /api/stream/events/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(sees(client, "stream_open"));
  client.end_input();
  CHECK(sees(client, ": end of input\n\n"));
  models.newest().answer("hello");
  end_tasks();
  CHECK(ends(client));
  CHECK_FALSE(client.reset);
  CHECK(client.seen.find("event: task_completed\n") != std::string::npos);
  CHECK(count_of(client.seen, ": end of input") == 1);
}

TEST_CASE_FIXTURE(ServerFixture, "a client that has closed its sending side receives a response that it waits for") {
  Client client(port);
  send(client, post_bytes("/api/stream/task", R"({"task":"greet","workflow":"single","stream":false})"));
  client.end_input();
  CHECK(sees(client, "HTTP/1.1 102 Processing\r\n\r\n"));
  CHECK(until([&] { return models.count() > 0; }));
  models.newest().answer("hello");
  CHECK(ends(client));
  CHECK_FALSE(client.reset);
  CHECK(client.seen.find("HTTP/1.1 200 ") != std::string::npos);
  CHECK(client.seen.find("hello") != std::string::npos);
  CHECK(count_of(client.seen, "102 Processing") == 1);
}

TEST_CASE_FIXTURE(ServerFixture, "a subscriber that is gone frees its place") {
  const auto id = begin_task();
  Client client(port);
  send(client, "GET /api/stream/events/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(sees(client, "stream_open"));
  CHECK(broadcaster.subscribers() == 1);
  client.close_now();
  CHECK(until([&] { return broadcaster.subscribers() == 0; }));
}

TEST_CASE_FIXTURE(ServerFixture, "a repeated request of llm-sse with its key streams the task of the first one") {
  const auto bytes = post_bytes("/api/process", R"({"message":"greet","message_id":"m"})", "Idempotency-Key: one\r\n");
  Client first(port), second(port);
  send(first, bytes);
  CHECK(sees(first, "HTTP/1.1 200 "));
  send(second, bytes);
  CHECK(sees(second, "HTTP/1.1 200 "));
  CHECK(first.seen.find("Idempotency-Replayed") == std::string::npos);
  CHECK(second.seen.find("Idempotency-Replayed: true\r\n") != std::string::npos);
  CHECK(streams.counts().opened_total == 1);
  const auto other = post_bytes("/api/process", R"({"message":"other","message_id":"m"})", "Idempotency-Key: one\r\n");
  CHECK(request(other).starts_with("HTTP/1.1 422 "));
}
