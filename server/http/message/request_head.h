// Parses and validates the head of a request before any library does. Deliberately stricter than RFC 9112: whatever
// two parsers could interpret differently is rejected (request smuggling), and the packaged cpp-httplib never
// receives a head that it could mishandle. Headers that the server does not read are dropped unread: only their
// syntax is checked, because they can carry the cookies and trace data of other programs. Pure: any thread.
// Source: RFC 9112 (HTTP/1.1), 2 to 6; RFC 9110, 5, 8.6 and 10.1.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

// In bytes.
struct HeadLimits {
  std::size_t request_line_bytes_max = 4096;  // the longest conversation id, percent-encoded, has 2,400
  std::size_t path_bytes_max = 256;
  std::size_t head_bytes_max = 32 * 1024;
  std::size_t value_bytes_max = 4096;  // of a header that the server reads
  std::size_t body_bytes_max = 4 * 1024 * 1024;
  // The methods that have a route, for the remedy of another one. Empty: the remedy of the error table.
  std::string methods{};
};

struct RequestHead {
  Method method = Method::get;
  std::string path;   // not percent-decoded; `*` only with OPTIONS
  std::string query;  // after the `?`, not percent-decoded; may be empty
  bool http_1_0 = false;
  bool keep_alive = true;         // what the client requests
  bool has_length = false;        // a Content-Length was given
  std::size_t body_bytes = 0;     // its value
  bool chunked = false;           // the body has the transfer coding chunked; never together with has_length
  bool expects_continue = false;  // the client waits for `100 Continue` before it sends the body
  std::size_t head_bytes = 0;     // including the blank line
  // Only the headers that the server reads, names in lower case; all others were dropped.
  std::vector<std::pair<std::string, std::string>> headers;

  // The value; empty if absent. An empty header counts as absent.
  std::string_view header(std::string_view lower_case_name) const;
  bool has(std::string_view lower_case_name) const;
  // Whether the head states where the body ends. Without it a request has no body.
  bool has_framing() const { return has_length || chunked; }
  // Whether the method may have a body.
  bool may_have_body() const { return method == Method::post || method == Method::put || method == Method::patch; }
};

// Why a request was rejected. Its connection closes after the response.
struct RejectedRequest {
  int status = 400;
  Error error;
  bool plain_text = false;  // the response is plain text: the route of llm-sse
};
// With the status that belongs to the code.
RejectedRequest rejected(ErrorCode code, std::string message, std::string remedy = {});
inline RejectedRequest malformed(std::string message) { return rejected(ErrorCode::bad_request, std::move(message)); }

struct NeedMore {};
struct HeadComplete {
  std::size_t bytes = 0;  // of the head, including the blank line and an empty line before the request line
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
  bool in_headers_ = false;       // the request line is complete
  bool after_cr_ = false;
};

// Parses a head that the scanner found complete.
std::variant<RequestHead, RejectedRequest> parse_head(std::string_view head, const HeadLimits& limits);

// Both in one call, for a head in one piece.
std::variant<NeedMore, RequestHead, RejectedRequest> scan_and_parse(std::string_view bytes, const HeadLimits& limits);

}  // namespace plenum::http
