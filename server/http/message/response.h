// A complete HTTP response and its serialization. Every header value passes one check here, so none can start a
// second header (response splitting).
// Source: RFC 9110, 6 to 15; RFC 9457 (problem documents).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/json/json.h"
#include "common/protocol/task_request.h"
#include "server/http/message/response_body.h"
#include "server/redaction/scrubber.h"

namespace plenum::http {

// A value: build it on any thread, once.
class Response {
 public:
  explicit Response(int status) : status_(status) {}
  Response(int status, std::string content_type, std::string body)
      : status_(status), content_type_(std::move(content_type)), body_(std::move(body)) {}
  // shared: redacted already.
  Response(int status, std::string content_type, SharedBodyPtr shared)
      : status_(status), content_type_(std::move(content_type)), shared_(std::move(shared)) {}

  // Sets a header; replaces one of the same name, except that values of Vary are joined. A name that is not a token, or
  // a value that could end its line, is dropped: a missing header is better than a second response.
  Response& header(std::string_view name, std::string_view value);
  // The connection closes after this response.
  Response& closing() { return closes_ = true, *this; }

  int status() const { return status_; }
  const std::string& content_type() const { return content_type_; }
  const std::string& body() const { return shared_ ? shared_->bytes : body_; }
  const SharedBodyPtr& shared() const { return shared_; }  // null: the body is its own
  // What follows body(). The pieces are redacted already.
  Response& followed_by(std::shared_ptr<BodyPieces> pieces) { return pieces_ = std::move(pieces), *this; }
  const std::shared_ptr<BodyPieces>& pieces() const { return pieces_; }
  std::size_t content_length() const { return body().size() + (pieces_ ? pieces_->bytes() : 0); }
  const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  std::string_view header_value(std::string_view name) const;
  bool closes() const { return closes_; }
  // 204 and 304 have neither a body nor a length (RFC 9110, 8.6).
  bool bodyless() const { return status_ == 204 || status_ == 304; }
  // HEAD of the events route: the response to its GET has no length, so this one has none either.
  bool unbounded() const { return content_type_.starts_with("text/event-stream"); }
  // Redacts keys in the body and in header values.
  void scrub(const redaction::Scrubber& scrubber);
  void replace_body(std::string body) { body_ = std::move(body); }
  std::string take_body() { return std::move(body_); }

 private:
  int status_;
  bool closes_ = false;
  std::string content_type_;  // empty: none
  std::string body_;
  SharedBodyPtr shared_;
  std::shared_ptr<BodyPieces> pieces_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

// Any thread, as everything below.
Response json_response(int status, const Json& body);

struct ProblemDetails {
  std::optional<int> status{};  // absent: the error table's
  std::string stream_id{};
  std::vector<ValidationError> faults{};
};
// The problem document of an error. add_common_headers() adds its request_id.
Response problem(const Error& error, const ProblemDetails& details = {});
// The same error as plain text: its `detail`. Other responses are returned unchanged.
Response plain_text(Response response);
// Adds the request id (to a problem's body as well), `no-store` and `nosniff`, then redacts keys.
void add_common_headers(Response& response, std::string_view request_id, const redaction::Scrubber& scrubber);

// What the request determines about the framing of its response.
struct ResponseFraming {
  bool head_only = false;  // the request was HEAD
  bool keep_alive = false;
  bool http_1_0 = false;
};
// The bytes of a response that does not pass through cpp-httplib: to a malformed request, after a long poll, or on a
// socket that was handed to a stream.
std::string serialize(const Response& response, ResponseFraming framing);
// The head alone.
std::string serialize_head(const Response& response, ResponseFraming framing);
// Joins a head and the body of its response; a large body is not copied.
SerializedResponse with_body(std::string head, Response response, ResponseFraming framing);
// The same for a response without a request or after it: with the common headers, then the connection closes.
std::string serialize_error(Response response, std::string_view request_id, const redaction::Scrubber& scrubber,
                            bool head_only = false);

}  // namespace plenum::http
