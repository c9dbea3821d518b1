// Reads the requests of one connection from its bytes, one after the other, however the bytes are split. Pure: no
// socket and no clock. Buffers one request; what follows it waits for the next call.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "server/http/message/chunked_decoder.h"
#include "server/http/message/request.h"
#include "server/http/message/request_head.h"

namespace plenum::http {

using ReadOutcome = std::variant<NeedMore, Request, RejectedRequest>;

// Not thread-safe: one reader per connection.
class RequestReader {
 public:
  // The limits must outlive the reader.
  explicit RequestReader(const HeadLimits& limits) : limits_(limits) {}

  // Bytes received after those of earlier calls.
  void append(std::string_view bytes) { in_.append(bytes); }
  // The next request of the bytes so far. After a rejection only clear() may be called: where the next request would
  // begin is unknown.
  ReadOutcome next();
  void clear();

  // The head of the request whose body is incomplete; null otherwise.
  const RequestHead* head() const { return body_ ? &body_->head : nullptr; }
  // Of that body, decoded.
  std::size_t body_bytes() const;
  // No byte of a request has arrived, except for an empty line before it.
  bool empty() const { return !body_ && (in_.empty() || in_ == "\r\n"); }

 private:
  // A request between its head and the end of its body.
  struct Body {
    Body(RequestHead request_head, const ChunkedLimits& limits) : head(std::move(request_head)), decoder(limits) {}

    RequestHead head;
    ChunkedDecoder decoder;  // unused with a Content-Length
    std::string data;        // likewise: such a body stays in in_ until it is complete
  };

  ReadOutcome read_body();
  ReadOutcome read_chunks();
  Request take_request(std::string data);

  const HeadLimits& limits_;  // set once
  HeadScanner scanner_;
  std::string in_;              // received and not yet consumed
  std::unique_ptr<Body> body_;  // null while a head is read
};

}  // namespace plenum::http
