// The HTTP server on loopback sockets, with a manual clock.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/server/http_server.h"
#include "server/http/server/listener.h"
#include "tests/unit/http/handler_fixture.h"

namespace plenum::tests {

using namespace plenum::http;

inline const std::string livez = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

inline std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

class Client {
 public:
  // receive_buffer: in bytes; 0 is the system's default.
  explicit Client(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int on = 1;  // each send is a packet, however soon it follows the one before
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  // Sends as much as the socket accepts; returns the count.
  std::size_t send_some(std::string_view bytes) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  void read() {
    std::array<char, 65536> buffer;
    ssize_t got = 0;
    while ((got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0)) > 0)
      seen.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) ended = true;
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) reset = true;
  }
  void close_now() { fd_.reset(); }
  // Like `nc -N`: nothing more is sent, and everything is read.
  void end_input() { ::shutdown(fd_.get(), SHUT_WR); }
  bool gone() const { return ended || reset; }

  std::string seen;
  bool ended = false;
  bool reset = false;

 private:
  runtime::UniqueFd fd_;
};

struct ServerFixture : HandlerFixture {
  explicit ServerFixture(HttpServerOptions options = {})
      : server(loops, tasks, directory, monitor, {&broadcaster}, std::move(options)) {
    const auto given = server.listen("127.0.0.1", 0);
    REQUIRE(given);
    port = *given;
    server.start();
    turn();
  }
  ~ServerFixture() { server.stop(); }

  void turn() { loop.run_once(milliseconds(0)); }
  // Runs the loop until a condition holds. The real clock only bounds the wait.
  bool until(const std::function<bool()>& holds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      loop.run_once(milliseconds(1));
    }
    return true;
  }
  void settle() {
    for (int i = 0; i < 5; ++i) loop.run_once(milliseconds(1));
  }
  // Runs the loop until every task has ended and its last event can be read.
  void end_tasks() {
    CHECK(until([&] { return streams.unfinished().empty(); }));
  }
  void pass(milliseconds time) {
    clock.advance(time);
    settle();
  }
  void send(Client& client, std::string_view bytes) {
    CHECK(until([&] {
      bytes.remove_prefix(client.send_some(bytes));
      return bytes.empty();
    }));
  }
  bool sees(Client& client, std::string_view part, std::size_t times = 1) {
    return until([&] {
      client.read();
      return count_of(client.seen, part) >= times;
    });
  }
  bool ends(Client& client) {
    return until([&] {
      client.read();
      return client.gone();
    });
  }
  // One request on a new connection; returns the complete response.
  std::string request(const std::string& bytes) {
    Client client(port);
    send(client, bytes);
    CHECK(ends(client));
    CHECK_FALSE(client.reset);
    return client.seen;
  }
  std::string get(const std::string& target, const std::string& headers = {}) {
    return request("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n");
  }
  static std::string post_bytes(const std::string& target, const std::string& body, const std::string& headers = {}) {
    return "POST " + target +
           " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
  }
  // A running task whose model has been called.
  std::string begin_task() {
    const auto response = request(post_bytes("/api/stream/task", R"({"task":"greet","workflow":"single"})"));
    CHECK(response.starts_with("HTTP/1.1 202 "));
    CHECK(until([&] { return models.count() > 0; }));
    return (*parse_json(response.substr(response.find("\r\n\r\n") + 4)))["stream_id"];
  }

  Broadcaster broadcaster{loop, BroadcasterOptions{}};
  HttpServer server;
  std::uint16_t port = 0;
};

}  // namespace plenum::tests
