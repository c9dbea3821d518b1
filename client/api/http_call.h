// One HTTP/1.1 request and its response, read as it arrives. The client's only file that includes libcurl.
// Redirects are not followed, compression is not used.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/waiter.h"

namespace plenum::client {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;                  // sent with POST, and with another method if it is not empty
  milliseconds connect_timeout{5'000};
  milliseconds total_timeout{0};  // 0: none
};

struct HttpHead {
  int status = 0;
  std::string content_type;                 // as sent, with its parameters
  std::optional<milliseconds> retry_after;  // RFC 9110, 10.2.3: seconds or a date
};

// Receives a response while perform() runs, on its thread. Must not throw.
class HttpReader {
 public:
  virtual ~HttpReader() = default;
  // Both return false to end the call.
  virtual bool on_head(const HttpHead& head) = 0;
  virtual bool on_bytes(std::string_view bytes) = 0;
  // How long the server may be silent; read before every wait. 0: no limit.
  virtual milliseconds silence_max() const = 0;
  // Called before every wait. Returns the longest time until the next call.
  virtual milliseconds on_wait() { return milliseconds::max(); }
};

enum class HttpEnd : std::uint8_t {
  complete,       // the whole response was read
  stopped,        // the reader ended the call
  interrupted,    // Waiter::woken() returned false
  not_connected,  // nothing was sent
  timed_out,      // total_timeout
  silent,         // no byte for silence_max()
  broken,         // the connection was lost, or the response was not HTTP
};

struct HttpOutcome {
  HttpEnd end = HttpEnd::complete;
  std::string cause;     // empty if the whole response was read
  bool refused = false;  // not_connected, because nothing listens at the address
};

// Sends the request and reads the response. Blocks; only waiting.woken() or the reader end it early.
HttpOutcome perform(const HttpRequest& request, HttpReader& reader, Waiter& waiting);

}  // namespace plenum::client
