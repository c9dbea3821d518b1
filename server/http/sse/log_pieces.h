// The events of a finished stream as the rest of a response, read from the log while the client receives them. Any one
// thread: the log of a finished stream does not change.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "server/http/message/response_body.h"
#include "server/http/sse/stream_view.h"
#include "server/stream/stream.h"

namespace plenum::http {

// A range of a log, and how its events are written.
struct LogRange {
  std::uint64_t after = 0, last = 0;
  EventFilter filter{};
  bool lines = false;     // one event per line; otherwise items of a JSON array
  std::size_t bytes = 0;  // of the events, written like this
};

class LogPieces final : public BodyPieces {
 public:
  // end: after the events.
  LogPieces(std::shared_ptr<const stream::Stream> stream, LogRange range, std::string end)
      : stream_(std::move(stream)),
        range_(std::move(range)),
        end_(std::move(end)),
        bytes_(range_.bytes + end_.size()) {}

  bool next(std::string& out) override;
  std::size_t bytes() const override { return bytes_; }

 private:
  void append(std::string_view frame, std::string& out);

  const std::shared_ptr<const stream::Stream> stream_;  // set once
  LogRange range_;                                      // the part that is left
  std::string end_;                                     // empty: done
  const std::size_t bytes_;                             // set once
  bool first_ = true;
};

}  // namespace plenum::http
