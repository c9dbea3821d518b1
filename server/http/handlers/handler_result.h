// The result of a handler: a complete response, a subscriber for a stream, or a response that waits for a stream.
// Values; the thread rules of their parts are stated there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/http/message/response.h"
#include "server/http/multiplex/multiplex_request.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/stream_view.h"
#include "server/stream/stream.h"

namespace plenum::http {

// A new subscriber, of one stream or of several. In the first case the socket moves to the stream's owner loop, where
// the cursor is resolved; in the second it stays on the loop that accepted it.
struct StreamHandoff {
  std::shared_ptr<stream::Stream> stream;  // null: see several
  CursorRequest cursor;
  std::vector<std::pair<std::string, std::string>> headers{};  // additional response headers
  std::string request_id{};                                    // set by the router
  StreamView view{};
  std::shared_ptr<MultiplexRequest> several{};  // set instead of stream, cursor and view
};

// A response that waits for a stream: until it has finished, until its head is past `seen`, or only until its owner
// loop has executed read_on_owner.
struct DeferredResponse {
  std::shared_ptr<stream::Stream> stream;
  bool until_finished = false;
  std::uint64_t seen = 0;                              // ignored with until_finished
  std::optional<std::chrono::milliseconds> at_most{};  // absent: no timeout
  std::function<void()> read_on_owner{};  // called on the owner loop at the end of the wait; the wait ends at once
  std::function<Response()> render{};     // called on a request thread at the end of the wait
  // Set by the router: the complete response, including the case that the stream was removed during the wait.
  std::function<Response(bool removed)> finish{};
};

using HandlerResult = std::variant<Response, StreamHandoff, DeferredResponse>;

}  // namespace plenum::http
