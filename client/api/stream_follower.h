// Follows one stream to its end, through every loss of the connection: reconnects from its cursor,
// drops what it has seen, notices holes and silence.
// Source: docs/protocol.md, "Cursor and resume"; WHATWG HTML, 9.2 "Server-sent events".
// One thread: follow() blocks and calls the listener.
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
#include "common/protocol/sse_decoder.h"

namespace plenum::client {

struct FollowOptions {
  std::string url;     // of the stream's events, without a query
  std::string server;  // for messages
  StreamCursor start;
  milliseconds connect_timeout{5'000};
  milliseconds heartbeat{15'000};   // until stream_open names the server's
  milliseconds silence_min{2'000};  // no heartbeat, however short, makes us less patient than this
  milliseconds backoff_first{250};
  milliseconds backoff_max{5'000};
  milliseconds retry_for{300'000};  // gives up when the server was not reached for so long
  Backoff::Chance chance = random_between;
};

// The connection was lost or refused, and will be tried again after the wait.
struct ConnectionIssue {
  Error cause;
  milliseconds wait{0};
  int attempt = 1;  // since the stream was last heard
};

class FollowListener {
 public:
  virtual ~FollowListener() = default;
  // An event of the stream, each exactly once and in order; or a control event of the connection
  // (seq 0). json is its data on one line.
  virtual void on_event(const ReceivedEvent& event, std::string_view json) = 0;
  // All events at hand were given: a good moment to write them out. Returns false to leave the stream.
  virtual bool on_settled() { return true; }
  // The server answers with the stream; also after each reconnect.
  virtual void on_connected() {}
  virtual void on_trouble(const ConnectionIssue& trouble) = 0;
  // What was streamed is not what was recorded (rule E2); the stream goes on.
  virtual void on_mismatch(const std::string& what) = 0;
};

enum class FollowEnd : std::uint8_t {
  terminal,      // the last event was given
  nothing_more,  // finished, and the cursor was at its end already (204)
  left,          // Waiter or the listener said stop
};

class StreamFollower final : private HttpReader {
 public:
  // waiting and listener must outlive the follower.
  StreamFollower(FollowOptions options, Waiter& waiting, FollowListener& listener);

  // Ends with the stream, or with an error when going on is of no use: the id is unknown or gone, the
  // server refuses, does not answer for retry_for, or repeatedly leaves out the same event.
  Result<FollowEnd> follow();
  const StreamCursor& cursor() const { return cursor_; }

 private:
  static constexpr int repairs_max = 3;
  static constexpr std::size_t event_bytes_max = 64U << 20;  // a terminal event holds every member's text
  static constexpr std::size_t problem_bytes_max = 64U << 10;

  bool on_head(const HttpHead& head) override;
  bool on_bytes(std::string_view bytes) override;
  milliseconds silence_max() const override;

  // One connection. Nothing when it should be tried again: failure_ then says why.
  std::optional<Result<FollowEnd>> connect_once();
  std::optional<Result<FollowEnd>> judge_reply(const HttpOutcome& outcome);
  HttpRequest request() const;
  bool take_frame(const SseEvent& frame);
  void deliver(const ReceivedEvent& event, std::string_view json);
  void heed(const SystemMessage& message);
  bool fail_connection(Error why);

  const FollowOptions options_;  // set once
  Waiter& waiting_;              // set once
  FollowListener& listener_;     // set once
  StreamCursor cursor_;
  DeltaCheck check_;
  Backoff backoff_;
  milliseconds heartbeat_;
  std::optional<milliseconds> retry_;  // the server's last `retry:`
  int attempt_ = 0;                    // since the stream was last heard
  int spoiled_ = 0;                    // connections that gave nonsense at this cursor
  bool terminal_ = false;
  bool left_ = false;

  // Of the connection at hand.
  SseDecoder decoder_;
  std::vector<SseEvent> frames_;
  HttpHead head_;
  std::string problem_;
  bool streaming_ = false;  // 200 with events
  std::optional<Error> failure_;
};

}  // namespace plenum::client
