// Bodies over real connections: chunked ones, those that a client announces with Expect, and rejected ones.
#include "common/base/strings.h"
#include "tests/unit/http/server_fixture.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

const std::string task_json = R"({"task":"greet","workflow":"single"})";

std::string post_head(std::string_view headers, std::string_view target = "/api/stream/task",
                      std::string_view host = "localhost") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) +
         "\r\nContent-Type: application/json\r\n" + std::string(headers) + "\r\n";
}
std::string chunk(std::string_view data) {
  std::string size;
  for (const unsigned char byte : {data.size() >> 8 & 0xff, data.size() & 0xff}) append_hex(size, byte);
  return size + "\r\n" + std::string(data) + "\r\n";
}
const std::string chunked_head = post_head("Transfer-Encoding: chunked\r\n");
const std::string chunked_task =
    chunked_head + chunk(task_json.substr(0, 7)) + chunk(task_json.substr(7)) + "0\r\n\r\n";
const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";

std::string expecting(std::size_t length) {
  return "Expect: 100-continue\r\nContent-Length: " + std::to_string(length) + "\r\n";
}

}  // namespace

TEST_CASE_FIXTURE(ServerFixture, "a chunked task is accepted, and requests behind it are served in order") {
  Client client(port);
  send(client, chunked_task + livez + chunked_task + livez);
  CHECK(sees(client, "\"alive\"", 2));
  CHECK(count_of(client.seen, "HTTP/1.1 202 ") == 2);
  CHECK(count_of(client.seen, "HTTP/1.1 ") == 4);
  CHECK(client.seen.starts_with("HTTP/1.1 202 "));
  CHECK_FALSE(client.gone());
  CHECK(streams.counts().opened_total == 2);
}

TEST_CASE_FIXTURE(ServerFixture, "a chunked task that arrives byte by byte is accepted like one that arrives at once") {
  Client client(port);
  for (const char byte : chunked_task + livez) {
    send(client, {&byte, 1});
    turn();
  }
  CHECK(sees(client, "\"alive\""));
  CHECK(client.seen.starts_with("HTTP/1.1 202 "));
}

TEST_CASE_FIXTURE(ServerFixture, "every route with a body takes a chunked one") {
  const auto id = begin_task();
  const auto chunked = [&](const std::string& target, std::string_view body) {
    return request(post_head("Connection: close\r\nTransfer-Encoding: chunked\r\n", target) +
                   (body.empty() ? std::string() : chunk(body)) + "0\r\n\r\n");
  };
  CHECK(chunked("/api/stream/cancel/" + id, R"({"reason":"enough"})").starts_with("HTTP/1.1 202 "));
  end_tasks();
  CHECK(chunked("/api/stream/cancel/" + id, "").starts_with("HTTP/1.1 200 "));
  CHECK(chunked("/api/stream/retry/" + id, R"({"from":"all"})").starts_with("HTTP/1.1 202 "));
  CHECK(chunked("/api/stream/task", "").starts_with("HTTP/1.1 400 "));  // not JSON, but not without a body
}

TEST_CASE_FIXTURE(ServerFixture, "a malformed chunked body is rejected, and nothing after it is parsed") {
  const auto response = request(chunked_head + "2\n{}\n0\n\n" + livez);
  CHECK(response.starts_with("HTTP/1.1 400 "));
  CHECK(response.find("The chunked body is malformed: a chunk size is followed by neither CR LF nor `;`.") !=
        std::string::npos);
  CHECK(response.find("Connection: close\r\n") != std::string::npos);
  CHECK(count_of(response, "HTTP/1.1 ") == 1);
  CHECK(server.stats().requests == 0);
}

TEST_CASE_FIXTURE(ServerFixture, "a slow chunked body times out like one with a length") {
  Client slow(port), stalled(port);
  send(slow, chunked_head);
  send(stalled, chunked_head + "5\r\n{");
  settle();
  for (int second = 0; second < 6; ++second) {
    send(slow, chunk("x"));
    settle();
    pass(seconds(1));
  }
  CHECK(ends(slow));
  CHECK(slow.seen.starts_with("HTTP/1.1 408 "));
  CHECK(ends(stalled));
  CHECK(stalled.seen.starts_with("HTTP/1.1 408 "));
}

TEST_CASE_FIXTURE(ServerFixture, "a client that waits for 100 Continue gets it, then the response to its body") {
  Client client(port);
  send(client, post_head(expecting(task_json.size())));
  CHECK(sees(client, "\r\n\r\n"));
  CHECK(client.seen == interim);
  send(client, task_json + livez);
  CHECK(sees(client, "\"alive\""));
  CHECK(client.seen.starts_with(interim + "HTTP/1.1 202 "));
  CHECK(count_of(client.seen, "100 Continue") == 1);
}

TEST_CASE_FIXTURE(ServerFixture, "a client that waits for 100 Continue may send a chunked body") {
  Client client(port);
  send(client, post_head("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"));
  CHECK(sees(client, interim));
  send(client, chunk(task_json) + "0\r\n\r\n");
  CHECK(sees(client, "HTTP/1.1 202 "));
}

TEST_CASE_FIXTURE(ServerFixture, "a body that does not wait for 100 Continue is served without it") {
  Client client(port);
  send(client, post_head(expecting(task_json.size())) + task_json);
  CHECK(sees(client, "HTTP/1.1 202 "));
  CHECK(client.seen.starts_with("HTTP/1.1 202 "));
}

TEST_CASE_FIXTURE(ServerFixture, "HTTP/1.0 has no 100 Continue") {
  Client client(port);
  std::string old = post_head(expecting(task_json.size()));
  send(client, old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0"));
  settle();
  client.read();
  CHECK(client.seen.empty());
  send(client, task_json);
  CHECK(ends(client));
  CHECK(client.seen.starts_with("HTTP/1.1 202 "));
}

TEST_CASE_FIXTURE(ServerFixture, "a request whose head shows that it will be rejected gets no 100 Continue") {
  struct Case {
    std::string head;
    std::string_view status;
  };
  const auto expect = expecting(50);
  for (const auto& row : std::vector<Case>{
           {post_head(expect, "/nowhere"), "404"},
           {post_head(expect, "/status"), "405"},
           {post_head(expect, "/api/stream/task", "evil.example"), "403"},
           {post_head(expect + "Origin: https://evil.example\r\n"), "403"},
           {post_head(expecting(4194305)), "413"},
           {post_head(expect + "Content-Encoding: gzip\r\n"), "415"},
           {"POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\n" + expect + "\r\n", "415"},
           {post_head("Expect: tea\r\nContent-Length: 50\r\n"), "417"},
       }) {
    CAPTURE(row.status);
    const auto response = request(row.head);
    CHECK(response.starts_with("HTTP/1.1 " + std::string(row.status) + " "));
    CHECK(response.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(response.find("\r\nX-Request-Id: ") != std::string::npos);
  }
  CHECK(server.stats().requests == 0);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "the response to a rejected body arrives although the client reads it only afterwards") {
  for (const std::string& head : {post_head("Content-Length: 20000000\r\n"), chunked_head + "1312D00\r\n"}) {
    Client client(port);
    send(client, head);
    const std::string bytes(1 << 20, 'x');
    for (int i = 0; i < 20; ++i) send(client, bytes);
    CHECK(ends(client));
    CHECK(client.seen.starts_with("HTTP/1.1 413 "));
    CHECK_FALSE(client.reset);
  }
}

TEST_CASE_FIXTURE(ServerFixture, "a client that still sends a rejected body has 30 seconds, and 2 without a byte") {
  Client sending(port), silent(port);
  for (Client* client : {&sending, &silent}) {
    send(*client, post_head("Content-Length: 20000000\r\n"));
    CHECK(sees(*client, "HTTP/1.1 413 "));
  }
  CHECK(server.stats().open == 2);
  for (int second = 0; second < 29; ++second) {
    send(sending, "x");
    pass(seconds(1));
    CHECK(server.stats().open == (second < 1 ? 2 : 1));
  }
  send(sending, "x");
  pass(seconds(1));
  send(sending, "x");
  pass(seconds(1));
  CHECK(server.stats().open == 0);
}
