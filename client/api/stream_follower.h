// Follows one stream to its end across connection losses: reconnects from its cursor, drops duplicates, detects
// gaps and silence.
// Source: docs/protocol.md, "Cursor and resume"; WHATWG HTML, 9.2 "Server-sent events".
// Not thread-safe: follow() blocks and calls the listener on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/backoff.h"
#include "client/api/delta_check.h"
#include "client/api/http_call.h"
#include "client/api/stream_cursor.h"
#include "client/api/waiter.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/protocol/event.h"
#include "common/sse/decoder.h"

namespace plenum::client {

struct StreamFollowerOptions {
  std::string url;     // of the stream's events, without a query
  std::string server;  // for error messages
  StreamCursor start;
  milliseconds connect_timeout{5'000};
  milliseconds heartbeat{15'000};   // until stream_open reports the server's
  milliseconds silence_min{2'000};  // lower bound of the silence timeout, for short heartbeats
  milliseconds backoff_first{250};
  milliseconds backoff_max{5'000};
  milliseconds retry_for{300'000};  // fails when the server was unreachable for this long
  Backoff::Random random = random_between;
};

// The connection was lost or could not be opened; the next attempt follows after the wait.
struct ConnectionIssue {
  Error cause;
  milliseconds wait{0};
  int attempt = 1;  // since the last event
};

class FollowListener {
 public:
  virtual ~FollowListener() = default;
  // Each event of the stream, exactly once and in order; or a control event of the connection (seq 0). json is its
  // data on one line.
  virtual void on_event(const ReceivedEvent& event, std::string_view json) = 0;
  // All received events were delivered: output can be flushed. Returns false to stop following.
  virtual bool on_batch_end() { return true; }
  // The server returned the stream; also after each reconnect.
  virtual void on_connected() {}
  virtual void on_connection_issue(const ConnectionIssue& issue) = 0;
  // The streamed text differs from the recorded text (rule E2); the stream continues.
  virtual void on_mismatch(const std::string& description) = 0;
  // Called before every wait, for what changes with time. Returns the longest time until the next call.
  virtual milliseconds on_wait() { return milliseconds::max(); }
};

enum class FollowEnd : std::uint8_t {
  terminal,      // the terminal event was delivered
  nothing_more,  // the stream is finished and the cursor was at its end (204)
  stopped,       // by the waiter or the listener
};

class StreamFollower final : private HttpReader {
 public:
  // waiting and listener must outlive the follower.
  StreamFollower(StreamFollowerOptions options, Waiter& waiting, FollowListener& listener);

  // Returns at the end of the stream, or with an error that a retry cannot fix: the id is unknown or gone, the
  // server rejects the request, is unreachable for retry_for, or repeatedly omits the same event.
  Result<FollowEnd> follow();
  const StreamCursor& cursor() const { return cursor_; }

 private:
  static constexpr int repairs_max = 3;                      // reconnects for one gap
  static constexpr std::size_t event_bytes_max = 64U << 20;  // a terminal event contains every member's text
  static constexpr std::size_t problem_bytes_max = 64U << 10;

  bool on_head(const HttpHead& head) override;
  bool on_bytes(std::string_view bytes) override;
  milliseconds silence_max() const override;
  milliseconds on_wait() override { return listener_.on_wait(); }

  // Returns false if following must stop.
  bool pause(milliseconds time);
  // One connection. Nothing if it should be retried: failure_ then has the cause.
  std::optional<Result<FollowEnd>> connect_once();
  std::optional<Result<FollowEnd>> end_of_response(const HttpOutcome& outcome);
  HttpRequest request() const;
  bool take_frame(const SseEvent& frame);
  void deliver(const ReceivedEvent& event, std::string_view json);
  void apply_stream_open(const SystemMessage& message);
  bool fail_connection(Error cause);
  // The error of a frame that is no event: before the first event, the stream is that of another program.
  Error unreadable(Error cause) const;

  const StreamFollowerOptions options_;  // set once
  Waiter& waiting_;                      // set once
  FollowListener& listener_;             // set once
  StreamCursor cursor_;
  DeltaCheck check_;
  Backoff backoff_;
  milliseconds heartbeat_;
  std::optional<milliseconds> retry_;  // the server's last `retry:`
  int attempt_ = 0;                    // since the last event
  int invalid_connections_ = 0;        // connections with invalid events at this cursor
  bool any_event_ = false;             // was received
  bool terminal_ = false;
  bool stopped_ = false;

  // Of the current connection.
  SseDecoder decoder_;
  std::vector<SseEvent> frames_;
  HttpHead head_;
  std::string problem_;
  bool streaming_ = false;  // 200 with events
  std::optional<Error> failure_;
};

}  // namespace plenum::client
