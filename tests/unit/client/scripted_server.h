// A minimal HTTP server for the client's tests: real sockets on loopback, responses scripted by the test. One thread
// per connection, one request per connection.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace plenum::tests {

struct ScriptedRequest {
  std::string method, target, head, body;
  // The value of a header, empty if there is none.
  std::string header(std::string_view name) const;
};

// The socket of one request. Not thread-safe: the thread of the connection.
class ScriptedReply {
 public:
  explicit ScriptedReply(int fd) : fd_(fd) {}
  void send(std::string_view bytes) const;
  // A complete response with Content-Length.
  void answer(int status, std::string_view content_type, std::string_view body,
              std::string_view more_headers = {}) const;
  // Returns when the client has closed the connection.
  void wait_for_close() const;

 private:
  int fd_;
};

class ScriptedServer {
 public:
  // number: index of the request, from 0. The connection is closed on return.
  using Script = std::function<void(const ScriptedRequest& request, ScriptedReply& reply, int number)>;

  explicit ScriptedServer(Script script);
  ~ScriptedServer();  // closes every connection

  std::string url() const;
  std::vector<ScriptedRequest> requests() const;

 private:
  void accept_all();
  void serve(int fd);

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread acceptor_;
  mutable std::mutex mutex_;
  std::vector<ScriptedRequest> requests_;  // guarded
  std::vector<std::thread> threads_;       // guarded
  std::vector<int> open_;                  // guarded
  bool stopping_ = false;                  // guarded
};

}  // namespace plenum::tests
