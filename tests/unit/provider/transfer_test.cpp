// Invalid and broken upstreams over real sockets.
#include <atomic>
#include <string>

#include "tests/unit/provider/remote_fixture.h"
#include "tests/unit/provider/tiny_server.h"

using namespace plenum;
using namespace plenum::tests;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Runs a call against a server that responds with these bytes and then closes.
void run_against(RemoteFixture& fixture, Listener& listener, const std::string& answer) {
  TinyServer server([&answer](Connection& connection) {
    connection.read_request();
    connection.send(answer);
  });
  fixture.provider_at(server.url());
  fixture.run_to_end(listener);
}

std::string with_length(const std::string& status, const std::string& type, const std::string& body,
                        const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE_FIXTURE(RemoteFixture, "tokens are emitted while the response is still arriving") {
  std::atomic<bool> first_emitted{false};
  std::atomic<bool> waited{true};
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(stream_head);
    connection.send_chunk(content_line("one "));
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    while (!first_emitted && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    waited = first_emitted.load();
    connection.send_chunk(content_line("two"));
    connection.send_chunk(stop_line);
    connection.send_chunk("");
  });
  provider_at(server.url());
  Listener listener;
  listener.then = [&] { first_emitted = true; };
  run_to_end(listener);
  CHECK(waited);
  CHECK(listener.text == "one two");
  CHECK(listener.deltas == 2);
  CHECK(listener.end.ok);
}

TEST_CASE_FIXTURE(RemoteFixture, "the request has one key, no compression, no Expect header and no proxy") {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  std::string request;
  {
    TinyServer server([&](Connection& connection) {
      request = connection.read_request();
      connection.send(with_length("200 OK", "text/event-stream", content_line("x") + std::string(stop_line)));
    });
    provider_at(server.url(), {}, "my-provider-key");
    Listener listener;
    run_to_end(listener);
    CHECK(listener.end.ok);
  }
  unsetenv("http_proxy");
  CHECK(request.rfind("POST /v1/chat/completions HTTP/1.1\r\n", 0) == 0);
  CHECK(request.find("Authorization: Bearer my-provider-key\r\n") != std::string::npos);
  CHECK(request.find("Accept: text/event-stream\r\n") != std::string::npos);
  CHECK(request.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(request.find("Accept-Encoding") == std::string::npos);
  CHECK(request.find("Expect:") == std::string::npos);
}

TEST_CASE_FIXTURE(RemoteFixture, "a large request is sent at once, without Expect: 100-continue") {
  std::string request;
  TinyServer server([&](Connection& connection) {
    request = connection.read_request();
    connection.send(with_length("200 OK", "text/event-stream", content_line("x") + std::string(stop_line)));
  });
  provider_at(server.url());
  Listener listener;
  core::ChatRequest large;
  large.model = "m";
  large.messages = {{core::ChatMessage::Role::user, std::string(3 << 20, 'x')}};
  const auto call = set->start("up", large, listener);
  REQUIRE(until([&] { return listener.ended; }));
  CHECK(listener.end.ok);
  CHECK(request.size() > (3 << 20));
  CHECK(request.find("Expect:") == std::string::npos);
}

TEST_CASE_FIXTURE(RemoteFixture, "every call has its own connection, even if the provider supports keep-alive") {
  std::atomic<int> connections{0};
  TinyServer server([&](Connection& connection) {
    ++connections;
    while (!connection.read_request().empty()) {
      connection.send(with_length("200 OK", "text/event-stream", content_line("x") + std::string(stop_line)));
    }
  });
  provider_at(server.url());
  for (int calls = 1; calls <= 3; ++calls) {
    Listener listener;
    run_to_end(listener);
    CHECK(listener.end.ok);
    CHECK(connections == calls);
  }
}

TEST_CASE_FIXTURE(RemoteFixture, "text after a finish reason extends the call: the reason may be in every chunk") {
  const std::string piece =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
  std::atomic<int> wanted{1};
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(stream_head);
    for (int sent = 0; sent < 4; ++sent) {
      const auto deadline = std::chrono::steady_clock::now() + seconds(10);
      while (wanted <= sent && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      if (!connection.send_chunk(piece)) return;
    }
    connection.send_chunk("data: [DONE]\n\n");
    connection.send_chunk("");
  });
  provider_at(server.url());
  Listener listener;
  const auto call = start(listener);
  for (; wanted < 4; ++wanted) {
    REQUIRE(until([&] { return listener.ended || listener.deltas == wanted; }));
    clock.skip(seconds(4));  // less than the timeout after a finish reason
    for (int i = 0; i < 3; ++i) loop.run_once(milliseconds(1));
    REQUIRE_FALSE(listener.ended);
  }
  REQUIRE(until([&] { return listener.ended; }));
  CHECK(listener.end.ok);
  CHECK(listener.text == "aaaa");
}

TEST_CASE_FIXTURE(RemoteFixture, "surplus bytes after a response are never used for the next call") {
  std::atomic<int> connections{0};
  TinyServer server([&](Connection& connection) {
    const std::string own = "answer " + std::to_string(++connections);
    const auto answer = [](const std::string& text) {
      return with_length("200 OK", "text/event-stream",
                         content_line(text) + std::string(stop_line) + "data: [DONE]\n\n");
    };
    connection.read_request();
    connection.send(answer(own));
    connection.send(answer("for another request"));
    connection.wait_closed(seconds(10));
  });
  provider_at(server.url());
  for (int i = 1; i <= 3; ++i) {
    Listener listener;
    run_to_end(listener);
    CHECK(listener.end.ok);
    CHECK(listener.text == "answer " + std::to_string(i));
  }
  CHECK(connections == 3);
}

TEST_CASE_FIXTURE(RemoteFixture,
                  "destroying a call closes its connection: before the head, before the body, within it") {
  for (const int stage : {0, 1, 2}) {
    CAPTURE(stage);
    std::atomic<bool> at_stage{false};
    std::atomic<int> closed{-1};
    TinyServer server([&](Connection& connection) {
      connection.read_request();
      if (stage >= 1) connection.send(stream_head);
      if (stage >= 2) connection.send_chunk(content_line("x"));
      at_stage = true;
      closed = connection.wait_closed(seconds(10)) ? 1 : 0;
    });
    provider_at(server.url());
    Listener listener;
    auto call = start(listener);
    REQUIRE(until([&] { return at_stage && (stage < 2 || listener.deltas == 1); }));
    call.reset();
    // The loop does not run: the destructor alone must close the connection.
    const auto deadline = clock.steady() + seconds(1);
    while (closed == -1 && clock.steady() < deadline) std::this_thread::yield();
    CHECK(closed == 1);
    CHECK_FALSE(listener.ended);
  }
}

TEST_CASE_FIXTURE(RemoteFixture, "a listener may destroy its call and others from inside a callback") {
  TinyServer server([](Connection& connection) {
    connection.read_request();
    connection.send(stream_head);
    connection.send_chunk(content_line("a") + content_line("b") + std::string(stop_line));
    connection.wait_closed(seconds(10));
  });
  provider_at(server.url());
  Listener first, second;
  std::unique_ptr<core::ChatCall> one, two;
  first.then = [&] {
    one.reset();
    two.reset();
  };
  one = start(first);
  two = start(second);
  REQUIRE(until([&] { return first.deltas > 0; }));
  for (int i = 0; i < 20; ++i) loop.run_once(milliseconds(1));
  CHECK(first.text == "a");
  CHECK_FALSE(first.ended);
  CHECK_FALSE(second.ended);
}

TEST_CASE_FIXTURE(RemoteFixture, "a listener may destroy its call from inside on_end and start the next one") {
  TinyServer server([](Connection& connection) {
    while (!connection.read_request().empty()) {
      connection.send(with_length("200 OK", "text/event-stream", content_line("x") + std::string(stop_line)));
    }
  });
  provider_at(server.url());
  Listener first, second;
  std::unique_ptr<core::ChatCall> call;
  first.then = [&] {
    if (first.ended) call = start(second);
  };
  call = start(first);
  CHECK(until([&] { return second.ended; }));
  CHECK(second.text == "x");
  call.reset();
  set.reset();
}

TEST_CASE_FIXTURE(RemoteFixture, "no callback runs inside start(), not even a failure") {
  provider_at("http://127.0.0.1:1/v1");
  Listener listener;
  const auto call = start(listener);
  CHECK_FALSE(listener.ended);
  REQUIRE(until([&] { return listener.ended; }));
  CHECK(listener.error() == ErrorCode::transport);
  CHECK(listener.message().rfind("up: ", 0) == 0);
}

TEST_CASE_FIXTURE(RemoteFixture, "an error response yields its code, message and Retry-After, without the key") {
  TinyServer server([](Connection& connection) {
    connection.read_request();
    connection.send(with_length("429 Too Many", "application/json",
                                R"({"error":{"message":"slow down, my-provider-key","code":"rate_limit_exceeded"}})",
                                "Retry-After: 7\r\n"));
  });
  provider_at(server.url(), {}, "my-provider-key");
  Listener listener;
  run_to_end(listener);
  CHECK(listener.error() == ErrorCode::rate_limit);
  CHECK(listener.message() == "up: HTTP 429: slow down, [REDACTED]");
  CHECK(listener.end.error->retry_after == seconds(7));
}

TEST_CASE("a redirect is an error and is not followed") {
  std::atomic<int> stolen{0};
  TinyServer elsewhere([&](Connection&) { ++stolen; });
  RemoteFixture fixture;
  Listener listener;
  run_against(fixture, listener, "HTTP/1.1 307 Go\r\nLocation: " + elsewhere.url() + "/x\r\nContent-Length: 0\r\n\r\n");
  CHECK(listener.error() == ErrorCode::invalid_request);
  CHECK(listener.message().find("HTTP 307") != std::string::npos);
  CHECK(stolen == 0);
}

TEST_CASE("an incomplete body is truncated, a reset is a transport error, both retain the text") {
  SUBCASE("end of connection without an end marker") {
    RemoteFixture fixture;
    Listener listener;
    run_against(fixture, listener, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + content_line("half"));
    CHECK(listener.error() == ErrorCode::truncated);
    CHECK(listener.text == "half");
  }
  SUBCASE("in the middle of a chunked body") {
    RemoteFixture fixture;
    Listener listener;
    run_against(fixture, listener, std::string(stream_head) + "ffff\r\n" + content_line("half"));
    CHECK(listener.error() == ErrorCode::truncated);
    CHECK(listener.text == "half");
  }
  SUBCASE("reset") {
    RemoteFixture fixture;
    Listener listener;
    TinyServer server([&](Connection& connection) {
      connection.read_request();
      connection.send(stream_head);
      connection.send_chunk(content_line("half"));
      const auto deadline = std::chrono::steady_clock::now() + seconds(10);
      while (std::chrono::steady_clock::now() < deadline && !connection.wait_closed(milliseconds(50))) break;
      connection.reset();
    });
    fixture.provider_at(server.url());
    fixture.run_to_end(listener);
    CHECK(listener.error() == ErrorCode::transport);
    CHECK(listener.text == "half");
  }
  SUBCASE("no response") {
    RemoteFixture fixture;
    Listener listener;
    run_against(fixture, listener, "");
    CHECK(listener.error() == ErrorCode::transport);
  }
}

TEST_CASE("oversized headers, lines and responses are malformed") {
  RemoteFixture fixture;
  Listener listener;
  SUBCASE("many header lines") {
    std::string answer = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 100'000; ++i) answer += "X-" + std::to_string(i) + ": y\r\n";
    run_against(fixture, listener, answer);
  }
  SUBCASE("one header line") { run_against(fixture, listener, "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'y')); }
  SUBCASE("one line of the body") {
    run_against(fixture, listener,
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: " + std::string(3 << 20, 'y'));
  }
  SUBCASE("the whole response") {
    fixture.up.response_bytes_max = 10'000;
    std::string body;
    for (int i = 0; i < 1000; ++i) body += content_line("word ");
    run_against(fixture, listener, with_length("200 OK", "text/event-stream", body));
  }
  SUBCASE("not HTTP") { run_against(fixture, listener, "hello\r\n\r\n"); }
  SUBCASE("HTML") { run_against(fixture, listener, with_length("200 OK", "text/html; charset=utf-8", "<html>")); }
  CHECK(listener.error() == ErrorCode::malformed);
}

TEST_CASE_FIXTURE(RemoteFixture, "a call times out: before the headers, before the first token and between two") {
  up.first_token_timeout = milliseconds(60);
  up.idle_timeout = milliseconds(40);
  for (const int stage : {0, 1, 2}) {
    CAPTURE(stage);
    std::atomic<bool> closed{false};
    TinyServer server([&](Connection& connection) {
      connection.read_request();
      if (stage >= 1) connection.send(stream_head);
      if (stage >= 2) connection.send_chunk(content_line("half"));
      closed = connection.wait_closed(seconds(10));
    });
    provider_at(server.url());
    Listener listener;
    run_to_end(listener);
    CHECK(listener.error() == ErrorCode::timeout);
    CHECK(listener.message().find(stage == 2 ? "40 ms" : "60 ms") != std::string::npos);
    CHECK(listener.text == (stage == 2 ? "half" : ""));
    CHECK(until([&] { return closed.load(); }));
  }
}

TEST_CASE_FIXTURE(RemoteFixture, "comments reset the idle timeout") {
  up.idle_timeout = milliseconds(400);
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(stream_head);
    connection.send_chunk(content_line("at "));
    for (int i = 0; i < 10 && !connection.wait_closed(milliseconds(80)); ++i) connection.send_chunk(": working\n\n");
    connection.send_chunk(content_line("last") + std::string(stop_line));
    connection.send_chunk("");
  });
  provider_at(server.url());
  Listener listener;
  run_to_end(listener);
  CHECK(listener.end.ok);
  CHECK(listener.text == "at last");
}

TEST_CASE_FIXTURE(RemoteFixture, "an answer with an end marker does not wait for the end of its connection") {
  std::atomic<bool> closed{false};
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(stream_head);
    connection.send_chunk(content_line("done") + std::string(stop_line));
    closed = connection.wait_closed(seconds(10));
  });
  provider_at(server.url());
  Listener listener;
  const auto began = clock.steady();
  run_to_end(listener);
  CHECK(listener.end.ok);
  CHECK(clock.steady() - began < seconds(4));
  CHECK(until([&] { return closed.load(); }));
}

TEST_CASE("a response of one JSON text is accepted from a provider that does not stream") {
  RemoteFixture fixture;
  Listener listener;
  run_against(fixture, listener,
              with_length("200 OK", "application/json; charset=utf-8",
                          R"({"choices":[{"index":0,"message":{"content":"whole"},"finish_reason":"stop"}]})"));
  CHECK(listener.end.ok);
  CHECK(listener.text == "whole");
}
