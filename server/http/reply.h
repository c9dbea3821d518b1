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

#include "common/error.h"
#include "common/json.h"
#include "common/task_spec.h"
#include "server/http/cursor.h"
#include "server/http/request_head.h"
#include "server/http/stream_form.h"
#include "server/secret/scrubber.h"
#include "server/stream/stream.h"

namespace plenum::http {

// A value: build it on any thread, once.
class Reply {
 public:
  explicit Reply(int status) : status_(status) {}
  Reply(int status, std::string content_type, std::string body)
      : status_(status), content_type_(std::move(content_type)), body_(std::move(body)) {}

  // Sets a header, in place of one of the same name. A name that is no token or a value that could end
  // the line is left out: better a header less than a second response.
  Reply& header(std::string_view name, std::string_view value);
  // The connection ends with this answer.
  Reply& closing() { return closes_ = true, *this; }

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
  void scrub(const secret::Scrubber& scrubber);
  void replace_body(std::string body) { body_ = std::move(body); }

 private:
  int status_;
  bool closes_ = false;
  std::string content_type_;  // empty: none
  std::string body_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

// A reader for this stream: the socket goes to the stream's home loop, where the cursor is resolved.
struct StreamHandoff {
  std::shared_ptr<stream::Stream> stream;
  CursorRequest cursor;
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones of the stream's answer
  std::string request_id{};                                    // set by the router
  StreamForm form{};
};

// An answer that waits on a stream: until it has ended, until it has moved past `seen`, or only until its
// home loop has read there what the answer needs.
struct Deferred {
  std::shared_ptr<stream::Stream> stream;
  bool until_finished = false;
  std::uint64_t seen = 0;                              // not used with until_finished
  std::optional<std::chrono::milliseconds> at_most{};  // absent: as long as the run may take
  std::function<void()> read_at_home{};  // called on the stream's loop when the wait is over: it ends at once
  std::function<Reply()> render{};       // called on a request thread when the wait is over
  // Set by the router: the finished reply, also when the stream was removed meanwhile.
  std::function<Reply(bool removed)> answer{};
};

using Outcome = std::variant<Reply, StreamHandoff, Deferred>;

// --- makers; any thread ---
Reply json_reply(int status, const Json& body);

struct ProblemDetails {
  std::optional<int> status{};  // absent: the error table's
  std::string stream_id{};
  std::vector<Fault> faults{};
};
// The problem document of an error. request_id is added by stamp().
Reply problem(const Error& error, const ProblemDetails& details = {});
// Adds what every reply carries: request id (also in a problem's body), no-store, nosniff. Takes keys out
// of body and headers.
void stamp(Reply& reply, std::string_view request_id, const secret::Scrubber& scrubber);

// How the reply travels, decided by its request.
struct Framing {
  bool head_only = false;  // the request was HEAD
  bool keep_alive = false;
  bool http_1_0 = false;
};
// The bytes of a reply that does not pass through the library: a refusal of what could not be read, a
// wait that is over, a last word on a socket that was handed to a stream.
std::string frame_reply(const Reply& reply, Framing framing);

}  // namespace plenum::http
