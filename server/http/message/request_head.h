// Parses and validates the head of a request before any library does. Deliberately stricter than RFC 9112: whatever
// two parsers could interpret differently is rejected (request smuggling), and the packaged cpp-httplib never
// receives a head that it could mishandle. Pure: any thread.
// Source: RFC 9112 (HTTP/1.1), 2 to 6; RFC 9110, 5 and 8.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.h"

namespace plenum::http {

// put and patch have no route; they are known so that the response is 405 with an Allow header, not 501.
enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
std::string_view name_of(Method method);

// Bytes, except headers_max.
struct HeadLimits {
  std::size_t request_line_bytes_max = 4096;  // the longest conversation id, percent-encoded, has 2,400
  std::size_t path_bytes_max = 256;
  std::size_t head_bytes_max = 16 * 1024;
  std::size_t headers_max = 64;
  std::size_t name_bytes_max = 64;
  std::size_t value_bytes_max = 4096;
  std::size_t authorization_bytes_max = 8192;
  std::size_t body_bytes_max = 4 * 1024 * 1024;
};

struct RequestHead {
  Method method = Method::get;
  std::string path;   // not percent-decoded
  std::string query;  // after the `?`, not percent-decoded; may be empty
  bool http_1_0 = false;
  bool keep_alive = true;      // what the client requests
  bool has_length = false;     // a Content-Length was given
  std::size_t body_bytes = 0;  // its value
  std::size_t head_bytes = 0;  // including the blank line
  // Only the headers that the server reads, names in lower case; all others were validated and dropped.
  std::vector<std::pair<std::string, std::string>> headers;

  // The value; empty if absent. An empty header counts as absent.
  std::string_view header(std::string_view lower_case_name) const;
  bool has(std::string_view lower_case_name) const;
};

// Why a request was rejected. Its connection closes after the response.
struct RejectedRequest {
  int status = 400;
  Error error;
};

struct NeedMore {};
struct HeadComplete {
  std::size_t bytes = 0;  // of the head, including the blank line
};

// Finds the end of a head that arrives in pieces, and rejects it as early as possible. Each byte is examined once,
// however small the pieces. One scanner per request.
class HeadScanner {
 public:
  // `bytes`: everything received for this request so far, with the bytes of earlier calls in front.
  std::variant<NeedMore, HeadComplete, RejectedRequest> scan(std::string_view bytes, const HeadLimits& limits);

 private:
  std::uint32_t scanned_ = 0;     // bytes examined
  std::uint32_t line_start_ = 0;  // where the current line begins
  std::uint16_t lines_ = 0;       // complete lines
  bool after_cr_ = false;
};

// Parses a head that the scanner found complete.
std::variant<RequestHead, RejectedRequest> parse_head(std::string_view head, const HeadLimits& limits);

// Both in one call, for a head in one piece.
std::variant<NeedMore, RequestHead, RejectedRequest> scan_and_parse(std::string_view bytes, const HeadLimits& limits);

}  // namespace plenum::http
