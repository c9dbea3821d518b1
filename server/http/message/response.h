// What a handler answers: a whole reply, or a stream or a wait that the reply comes from later.
// Every header that leaves through here passes one check, so no value can open a second header.
// Source: RFC 9110, 6 to 15; RFC 9457 (problem documents).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/json/json.h"
#include "common/protocol/task_request.h"
#include "server/http/message/request_head.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/stream_view.h"
#include "server/redaction/scrubber.h"
#include "server/stream/stream.h"

namespace plenum::http {

// A value: build it on any thread, once.
class Response {
 public:
  explicit Response(int status) : status_(status) {}
  Response(int status, std::string content_type, std::string body)
      : status_(status), content_type_(std::move(content_type)), body_(std::move(body)) {}

  // Sets a header, in place of one of the same name. A name that is no token or a value that could end
  // the line is left out: better a header less than a second response.
  Response& header(std::string_view name, std::string_view value);
  // The connection ends with this answer.
  Response& closing() { return closes_ = true, *this; }

  int status() const { return status_; }
  const std::string& content_type() const { return content_type_; }
  const std::string& body() const { return body_; }
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  std::string_view header_value(std::string_view name) const;
  bool closes() const { return closes_; }
  // 204 and 304 have neither a body nor a length (RFC 9110, 8.6).
  bool bodyless() const { return status_ == 204 || status_ == 304; }
  // HEAD of the events route: its GET has no length, so the answer names none.
  bool unbounded() const { return content_type_.starts_with("text/event-stream"); }
  // Takes keys out of the body and of header values.
  void scrub(const redaction::Scrubber& scrubber);
  void replace_body(std::string body) { body_ = std::move(body); }

 private:
  int status_;
  bool closes_ = false;
  std::string content_type_;  // empty: none
  std::string body_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

// A reader for this stream: the socket goes to the stream's owner loop, where the cursor is resolved.
struct StreamHandoff {
  std::shared_ptr<stream::Stream> stream;
  CursorRequest cursor;
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones of the stream's answer
  std::string request_id{};                                    // set by the router
  StreamView form{};
};

// An answer that waits on a stream: until it has ended, until it has moved past `seen`, or only until its
// owner loop has read there what the answer needs.
struct DeferredResponse {
  std::shared_ptr<stream::Stream> stream;
  bool until_finished = false;
  std::uint64_t seen = 0;                              // not used with until_finished
  std::optional<std::chrono::milliseconds> at_most{};  // absent: as long as the run may take
  std::function<void()> read_on_owner{};  // called on the stream's loop when the wait is over: it ends at once
  std::function<Response()> render{};     // called on a request thread when the wait is over
  // Set by the router: the finished reply, also when the stream was removed meanwhile.
  std::function<Response(bool removed)> answer{};
};

using HandlerResult = std::variant<Response, StreamHandoff, DeferredResponse>;

// --- makers; any thread ---
Response json_reply(int status, const Json& body);

struct ProblemDetails {
  std::optional<int> status{};  // absent: the error table's
  std::string stream_id{};
  std::vector<ValidationError> faults{};
};
// The problem document of an error. request_id is added by add_common_headers().
Response problem(const Error& error, const ProblemDetails& details = {});
// Adds what every reply carries: request id (also in a problem's body), no-store, nosniff. Takes keys out
// of body and headers.
void add_common_headers(Response& reply, std::string_view request_id, const redaction::Scrubber& scrubber);

// How the reply travels, decided by its request.
struct ResponseFraming {
  bool head_only = false;  // the request was HEAD
  bool keep_alive = false;
  bool http_1_0 = false;
};
// The bytes of a reply that does not pass through the library: a refusal of what could not be read, a
// wait that is over, a last word on a socket that was handed to a stream.
std::string serialize(const Response& reply, ResponseFraming framing);

}  // namespace plenum::http
