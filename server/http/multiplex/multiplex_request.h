// A validated request for several streams on one connection. A value; the streams' own thread rules apply.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "server/http/sse/cursor.h"
#include "server/http/sse/stream_view.h"
#include "server/stream/opened_streams.h"
#include "server/stream/stream.h"

namespace plenum::http {

struct MultiplexRequest {
  struct Member {
    StreamId id;
    std::shared_ptr<stream::Stream> stream{};  // null: see error
    Error error{};                             // why there is no such stream
    CursorRequest cursor{};
    std::optional<EventId> position{};  // that the client has; absent: none
  };

  std::vector<Member> members;  // in the order of `?streams=`, which the cursor follows
  StreamView view;              // of every stream
  // The following with scope=mine only. The streams that are opened meanwhile join; null: `?streams=`.
  std::shared_ptr<stream::OpenedStreams> opened{};
  WallTime known_until{};   // see ScopeCursor
  std::size_t omitted = 0;  // streams for which there was no place

  bool is_scope() const { return opened != nullptr; }
};

}  // namespace plenum::http
