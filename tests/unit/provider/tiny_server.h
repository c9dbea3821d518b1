// A server on a loopback port that runs the script of a test, byte by byte.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace plenum::tests {

// One accepted connection, on the server's thread.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  ~Connection();
  Connection(const Connection&) = delete;

  // The next request, head and body; empty if the client has disconnected.
  std::string read_request();
  // False if the client has disconnected.
  bool send(std::string_view bytes);
  // A chunk of a chunked body.
  bool send_chunk(std::string_view bytes);
  // Whether the client closes within this time.
  bool wait_closed(std::chrono::milliseconds limit);
  // Closes with a TCP reset.
  void reset();

 private:
  int fd_;
  std::string pending_;
};

// Runs the script for one connection after the other. Any thread.
class TinyServer {
 public:
  explicit TinyServer(std::function<void(Connection&)> script);
  ~TinyServer();  // stops and joins

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }

 private:
  void serve();

  const std::function<void(Connection&)> script_;  // set once
  int listener_ = -1;                              // set once
  int stop_ = -1;                                  // set once
  std::uint16_t port_ = 0;                         // set once
  std::thread thread_;                             // set once
};

}  // namespace plenum::tests
