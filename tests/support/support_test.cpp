// The tools that the flow tests stand on, tried without any server: a tool that cannot tell good from
// bad would make every test that uses it worthless.
#include <doctest/doctest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/support/failure.h"
#include "tests/support/net/http_client.h"
#include "tests/support/net/sse_reader.h"
#include "tests/support/net/tcp_proxy.h"
#include "tests/support/process/child_process.h"
#include "tests/support/upstream/scripted_upstream.h"

namespace plenum::tests {

namespace {

std::string chat_body(const std::string& model, const std::string& text) {
  return R"({"model":")" + model + R"(","messages":[{"role":"user","content":")" + text + R"("}]})";
}

HttpReply ask(const ScriptedUpstream& upstream, const std::string& model = "m", const std::string& text = "hi") {
  return post(upstream.port(), "/v1/chat/completions", chat_body(model, text));
}

// A stand-in for an events route: it sends this body to any request.
struct EventServer : ScriptedUpstream {
  explicit EventServer(const std::string& body, Framing framing = Framing::until_close) {
    always(Script::stream(framing).send(body));
  }
};

}  // namespace

TEST_CASE("the upstream plays the first rule that fits, as often as it may") {
  ScriptedUpstream upstream;
  upstream.on({.model = "a", .times = 1}, Script::answer(200, "first"));
  upstream.on({.model = "a", .prompt_has = "secret"}, Script::answer(200, "second"));
  upstream.always(Script::answer(200, "other"));
  CHECK(ask(upstream, "b").body == "other");
  CHECK(ask(upstream, "a").body == "first");
  CHECK(ask(upstream, "a").body == "other");
  CHECK(ask(upstream, "a", "a secret word").body == "second");
  CHECK(upstream.request_count() == 4);
  CHECK(upstream.request(3).prompt() == "a secret word");
  CHECK_THROWS_AS(upstream.request(4), Failure);
}

TEST_CASE("a whole answer of the upstream holds the text, the usage and the end marker") {
  ScriptedUpstream upstream;
  upstream.always(whole_answer("two words"));
  HttpReply reply = ask(upstream);
  CHECK(reply.header("content-type") == "text/event-stream");
  CHECK(reply.body.find(text_chunk("two ") + text_chunk("words")) == 0);
  CHECK(reply.body.find("\"total_tokens\":12") != std::string::npos);
  CHECK(reply.body.find("data: [DONE]\n\n") == reply.body.size() - 14);
}

TEST_CASE("the upstream keeps a connection for the next request when the answer is chunked") {
  ScriptedUpstream upstream;
  upstream.always(whole_answer("yes"));
  HttpConnection connection(upstream.port());
  for (int i = 0; i < 2; ++i) {
    connection.send(request_text("POST", "/v1/chat/completions", chat_body("m", "hi")));
    REQUIRE(connection.read_reply().has_value());
  }
  CHECK(upstream.request(1).connection == upstream.request(0).connection);
}

TEST_CASE("the upstream waits at a latch and continues when it is opened") {
  ScriptedUpstream upstream;
  Latch gate("gate");
  upstream.always(Script::stream(Framing::until_close).send("data: a\n\n").wait_for(gate).send("data: b\n\n"));
  SseReader reader(upstream.port(), "/");
  REQUIRE(reader.read_until([](const Frame& frame) { return frame.data == "a"; }, seconds(10)));
  CHECK_FALSE(reader.read_until([](const Frame& frame) { return frame.data == "b"; }, milliseconds(20)));
  gate.open();
  CHECK(reader.read_until([](const Frame& frame) { return frame.data == "b"; }, seconds(10)));
}

TEST_CASE("the upstream cuts a response after the exact byte of its script") {
  for (Cut how : {Cut::fin, Cut::reset}) {
    for (std::size_t cut : {1u, 17u, 40u}) {
      ScriptedUpstream upstream;
      upstream.always(Script::stream(Framing::until_close)
                          .send(std::string(30, 'x'))
                          .send(std::string(30, 'y'))
                          .cut_after(cut, how));
      HttpConnection connection(upstream.port());
      connection.send(request_text("POST", "/", chat_body("m", "hi")));
      auto reply = connection.read_reply();
      CHECK(reply.has_value() == (how == Cut::fin));
      if (reply) CHECK(reply->body.size() == cut);
    }
  }
}

TEST_CASE("the upstream notices when its peer disconnects before the end, and only then") {
  ScriptedUpstream upstream;
  Latch never("never");
  upstream.next(whole_answer("all of it"));
  upstream.next(Script::stream().words({"a"}).wait_for(never));
  ask(upstream);
  HttpConnection connection(upstream.port());
  connection.send(request_text("POST", "/", chat_body("m", "hi")));
  REQUIRE(upstream.wait_for_requests(2, seconds(10)));
  CHECK_FALSE(upstream.wait_until_closed(1, milliseconds(20)));
  connection.close();
  CHECK(upstream.wait_until_closed(1, seconds(10)));
  CHECK_FALSE(upstream.wait_until_closed(0, milliseconds(0)));
  CHECK(eventually([&] { return upstream.open_connections() == 0; }, seconds(10)));
}

TEST_CASE("a reader keeps the exact bytes of every frame, however they are framed") {
  const std::string first = "retry: 1500\nevent: hello\ndata: {\"a\":1}\n\n",
                    second = "id: abc-1\nevent: x\ndata: {}\n\n";
  for (Framing framing : {Framing::until_close, Framing::chunked}) {
    EventServer server(first + second, framing);
    SseReader reader(server.port(), "/");
    CHECK(reader.read_all(seconds(10)) == StreamEnd::finished);
    REQUIRE(reader.frames().size() == 2);
    CHECK(reader.frames()[0].bytes == first);
    CHECK(reader.frames()[1].bytes == second);
    CHECK(reader.frames()[1].event == "x");
    CHECK(reader.last_id() == "abc-1");
    CHECK(reader.numbered().size() == 1);
    CHECK(reader.retry_ms() == 1500);
    CHECK(reader.fault() == "");
  }
}

TEST_CASE("a reader distinguishes a stream that breaks off in a frame from one that ends") {
  EventServer server("data: {}\n\ndata: {\"half");
  SseReader reader(server.port(), "/");
  CHECK(reader.read_all(seconds(10)) == StreamEnd::lost);
  CHECK(reader.frames().size() == 1);
}

TEST_CASE("a reader finds fault with what is not exactly one event, and with a CR") {
  for (const char* body : {": only a comment\n\n", "event: nothing\n\n", "data: a\r\ndata: b\n\n"}) {
    EventServer server(body);
    SseReader reader(server.port(), "/");
    reader.read_all(seconds(10));
    CHECK_MESSAGE(reader.fault() != "", body);
  }
}

TEST_CASE("a proxy cuts each connection after its configured byte, and forwards later ones complete") {
  EventServer server(std::string(5000, 'x'));
  TcpProxy proxy(server.port());
  proxy.cut_next_after({100, 1000}, Cut::fin);
  for (std::size_t expected : {100u, 1000u}) {
    Fd socket = connect_loopback(proxy.port());
    send_all(socket.get(), request_text("POST", "/", chat_body("m", "hi")), seconds(10));
    std::string got;
    while (receive(socket.get(), got, seconds(10)) == Received::bytes) {
    }
    CHECK(got.size() == expected);
  }
  CHECK(post(proxy.port(), "/", chat_body("m", "hi")).body.size() == 5000);
  CHECK(proxy.connections() == 3);
}

TEST_CASE("a program's output, its exit code and its end by a signal are distinguished") {
  Command shell{"/bin/sh", {"-c", "cat; echo oops >&2; echo $WORD; exit 7"}, {{"WORD", "hello"}}, "from the pipe\n"};
  Finished run = run_to_end(shell, seconds(10));
  CHECK(run.exit_code == 7);
  CHECK(run.out == "from the pipe\nhello\n");
  CHECK(run.err == "oops\n");

  ChildProcess endless({"/bin/sh", {"-c", "echo ready; while :; do :; done"}, {}, ""});
  REQUIRE(endless.wait_for_out("ready", seconds(10)));
  CHECK(endless.running());
  endless.signal(SIGTERM);
  CHECK(endless.wait(seconds(10)) == 128 + SIGTERM);
  CHECK_FALSE(endless.wait_for_err("never written", milliseconds(20)));
}

TEST_CASE("a program on a terminal finds one, and its screen holds what it wrote to either channel") {
  Command shell{"/bin/sh", {"-c", "test -t 1 && test -t 2 && echo shown && echo oops >&2"}, {}, ""};
  shell.on_terminal = true;
  Finished run = run_to_end(shell, seconds(10));
  CHECK(run.exit_code == 0);
  CHECK(run.out == "shown\noops\n");
  CHECK(run.err == "");
}

TEST_CASE("a deadline is over when its time has passed, and counts more where programs are slow") {
  CHECK(Deadline(milliseconds(0)).over());
  CHECK_FALSE(Deadline(seconds(5)).over());
  CHECK(scaled(milliseconds(10)) == milliseconds(10) * slowness());
}

}  // namespace plenum::tests
