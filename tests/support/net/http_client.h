// A client that sends exactly the bytes a test gives it and shows exactly what came back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/json.h"
#include "tests/support/deadline.h"
#include "tests/support/net/headers.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  // The value, or "" when there is none.
  std::string header(const std::string& lower_case_name) const;
  // The body as JSON. Throws Failure when it is none.
  Json json() const;
};

// The bytes of a request; Host and, with a body, Content-Type and Content-Length are added unless given.
std::string request_text(std::string_view method, std::string_view target, std::string_view body = {},
                         const Headers& headers = {});

// One connection to the server under test. One thread.
class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port);  // throws Failure when it is refused

  // False when the server has gone.
  bool send(std::string_view bytes, Deadline deadline = seconds(10));
  // The next whole reply. Nothing when the connection ends or the deadline passes before it is whole; with
  // to_head, the reply to a HEAD request, which has no body.
  std::optional<HttpReply> read_reply(Deadline deadline = seconds(10), bool to_head = false);
  // True when the server ends the connection in time; bytes that come before that are dropped.
  bool closed_by_server(Deadline deadline);
  int fd() const { return socket_.get(); }
  void close() { socket_.close(); }

 private:
  Fd socket_;
  std::string buffered_;
};

// One request on a connection of its own. Throw Failure when no whole reply comes.
HttpReply fetch(std::uint16_t port, std::string_view request_bytes, Deadline deadline = seconds(10));
HttpReply get(std::uint16_t port, std::string_view target, const Headers& headers = {});
HttpReply post(std::uint16_t port, std::string_view target, std::string_view json = {}, const Headers& headers = {});

}  // namespace plenum::tests
