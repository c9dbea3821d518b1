// Answers as servers and gateways label, break and prolong them, over real sockets.
#include <atomic>
#include <string>

#include "tests/unit/provider/remote_fixture.h"
#include "tests/unit/provider/tiny_server.h"

using namespace plenum;
using namespace plenum::tests;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// The response, then FIN, or a reset if `resets`.
void answer_with(RemoteFixture& fixture, Listener& listener, const std::string& response, bool resets = false) {
  std::atomic<bool> seen{false};
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(response);
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    while (resets && !seen && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    if (resets) connection.reset();
  });
  fixture.provider_at(server.url());
  listener.then = [&] { seen = listener.text.ends_with("more"); };
  fixture.run_to_end(listener);
}

std::string head(const std::string& type) {
  return "HTTP/1.1 200 OK\r\n" + (type.empty() ? "" : "Content-Type: " + type + "\r\n") + "Connection: close\r\n\r\n";
}

const std::string message =
    R"({"object":"chat.completion","choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}]})";

}  // namespace

TEST_CASE("the form of an answer is read from its bytes, whatever its content type") {
  for (const std::string type : {"", "text/event-stream", "application/json; charset=utf-8", "text/html", "text/plain",
                                 "application/octet-stream"}) {
    for (const std::string& body : {content_line("Hello") + std::string(stop_line), message,
                                    message + "\n\ndata: [DONE]\n\n", "data: " + message + "\n\n"}) {
      CAPTURE(type);
      CAPTURE(body);
      RemoteFixture fixture;
      Listener listener;
      answer_with(fixture, listener, head(type) + body);
      CHECK(listener.end.ok);
      CHECK(listener.text == "Hello");
    }
    RemoteFixture fixture;
    Listener listener;
    answer_with(fixture, listener, head(type) + "<html>Please log in</html>");
    CHECK(listener.error() == ErrorCode::malformed);
    CHECK(listener.message() == "up: the provider returned HTML instead of JSON");
  }
}

TEST_CASE("text after a finish reason and then a reset is a transport error that retains the text") {
  RemoteFixture fixture;
  Listener listener;
  const std::string stop = R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
  answer_with(fixture, listener,
              head("text/event-stream") + content_line("Some ") + stop + "\n\n" + content_line("more"), true);
  CHECK(listener.error() == ErrorCode::transport);
  CHECK(listener.text == "Some more");
}

TEST_CASE_FIXTURE(RemoteFixture, "text that follows a finish reason ends the wait for the end of the response") {
  std::atomic<bool> continues{false};
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(stream_head);
    connection.send_chunk(content_line("one ") + R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}]})" + "\n\n" +
                          content_line("two "));
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    while (!continues && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    connection.send_chunk(content_line("three") + std::string(stop_line));
    connection.send_chunk("");
  });
  provider_at(server.url());
  Listener listener;
  const auto call = start(listener);
  REQUIRE(until([&] { return listener.text == "one two "; }));
  clock.skip(seconds(20));  // more than the wait after a finish reason
  for (int i = 0; i < 3; ++i) loop.run_once(milliseconds(1));
  REQUIRE_FALSE(listener.ended);
  continues = true;
  REQUIRE(until([&] { return listener.ended; }));
  CHECK(listener.end.ok);
  CHECK(listener.text == "one two three");
}

TEST_CASE_FIXTURE(RemoteFixture, "a finish reason before any text does not limit the wait for the text") {
  std::atomic<bool> continues{false}, sent{false};
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(stream_head);
    sent = connection.send_chunk(R"(data: {"choices":[{"delta":{},"finish_reason":"stop"}]})"
                                 "\n\n");
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    while (!continues && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    connection.send_chunk(content_line("late") + std::string(stop_line));
    connection.send_chunk("");
  });
  provider_at(server.url());
  Listener listener;
  const auto call = start(listener);
  REQUIRE(until([&] { return sent.load(); }));
  for (int i = 0; i < 20; ++i) loop.run_once(milliseconds(1));
  clock.skip(seconds(20));
  for (int i = 0; i < 3; ++i) loop.run_once(milliseconds(1));
  REQUIRE_FALSE(listener.ended);
  continues = true;
  REQUIRE(until([&] { return listener.ended; }));
  CHECK(listener.text == "late");
}

TEST_CASE("reasoning in nested parts is a first token") {
  RemoteFixture fixture;
  fixture.up.first_token_timeout = milliseconds(200);
  std::atomic<bool> continues{false};
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(stream_head);
    connection.send_chunk(
        R"(data: {"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}}]})"
        "\n\n");
    const auto deadline = std::chrono::steady_clock::now() + seconds(10);
    while (!continues && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    connection.send_chunk(content_line("Hello") + std::string(stop_line));
    connection.send_chunk("");
  });
  fixture.provider_at(server.url());
  Listener listener;
  const auto call = fixture.start(listener);
  REQUIRE(fixture.until([&] { return listener.reasoning == "hm"; }));
  fixture.clock.skip(seconds(1));
  for (int i = 0; i < 3; ++i) fixture.loop.run_once(milliseconds(1));
  continues = true;
  REQUIRE(fixture.until([&] { return listener.ended; }));
  CHECK(listener.end.ok);
  CHECK(listener.text == "Hello");
}

TEST_CASE("a 404 that is not about a model names the path of base_url as its cause") {
  const auto remedy = [](const std::string& body) {
    RemoteFixture fixture;
    Listener listener;
    answer_with(fixture, listener,
                "HTTP/1.1 404 Not Found\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(listener.error() == ErrorCode::invalid_request);
    return std::string(listener.end.error->advice());
  };
  for (const auto* body : {"404 page not found", "", R"({"detail":"Not Found"})", "<html>nothing here</html>"}) {
    CHECK(remedy(body).find("Check the path of base_url") == 0);
  }
  CHECK(remedy(R"({"error":{"message":"model 'x' not found"}})").find("Check the model name") == 0);
}

TEST_CASE("a broken answer has no usage and an unknown cost; one with an unknown finish reason has a warning") {
  RemoteFixture fixture;
  Listener broken, unknown;
  const std::string usage = R"("usage":{"prompt_tokens":7,"completion_tokens":1}})";
  answer_with(fixture, broken,
              head("text/event-stream") + R"(data: {"choices":[{"delta":{"content":"x"}}],)" + usage + "\n\n");
  CHECK(broken.error() == ErrorCode::truncated);
  CHECK_FALSE(broken.end.usage.known());
  CHECK(broken.end.cost == Cost{});
  RemoteFixture other;
  answer_with(other, unknown,
              head("text/event-stream") + content_line("x") +
                  R"(data: {"choices":[{"delta":{},"finish_reason":"budget_gone"}],)" + usage + "\n\n");
  CHECK(unknown.end.ok);
  CHECK(unknown.end.usage.known());
  REQUIRE(unknown.end.warning);
  CHECK(unknown.end.warning->message.find("up: the provider ended the answer with the unknown finish reason") == 0);
}
