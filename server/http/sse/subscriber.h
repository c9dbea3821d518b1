// One subscriber of a stream: a socket, and the position in the log up to which it was written. Only on the stream's
// owner loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "server/http/message/response_body.h"
#include "server/http/socket/peer_progress.h"
#include "server/http/socket/socket_io.h"
#include "server/http/sse/frame_batch.h"
#include "server/http/sse/frame_source.h"
#include "server/runtime/event_loop.h"

namespace plenum::http {

class Subscriber;

// A socket that becomes a subscriber.
struct NewSubscriber {
  int fd = -1;
  std::uint64_t after = 0;               // the last event that the client has
  std::string first_bytes;               // before everything else
  SharedBodyPtr snapshot{};              // then this; null: none
  std::shared_ptr<const void> permit{};  // of the connection; released with the subscriber
  SteadyTime ends_at = SteadyTime::max();
};

// Receives the socket events of a subscriber. The subscriber must stay valid until the end of the iteration.
class SubscriberOwner {
 public:
  virtual void on_writable(Subscriber& subscriber) = 0;
  // The peer has closed its sending side, and nothing is unsent that would show whether it still reads.
  virtual void on_input_ended(Subscriber& subscriber) = 0;
  virtual void on_peer_closed(Subscriber& subscriber) = 0;

 protected:
  ~SubscriberOwner() = default;
};

enum class WriteResult : std::uint8_t {
  ok,          // everything was passed to the socket, or the socket accepted a part and may accept more
  blocked,     // the socket is full; on_writable() follows
  share_used,  // the subscriber is still behind; continue in a later iteration
  failed,      // the connection is lost, or the next event is no longer held
};

// It does not own its socket: the owner closes it, watches it and must outlive the subscriber.
class Subscriber final : public runtime::FdHandler {
 public:
  // Bytes pass only in write() and send().
  Subscriber(SubscriberOwner& owner, NewSubscriber start, SteadyTime now);

  void on_ready(std::uint32_t events) override;

  // Writes pending bytes, then the backlog, up to the source's share per iteration.
  WriteResult write(FrameSource& source, SteadyTime now);
  // Writes a batch that begins after the cursor, in one call. The cursor must be at_event().
  WriteResult send(const FrameBatch& batch, SteadyTime now);
  // Adds a frame that is not part of the log. Must not be called while mid_frame().
  void add_control_frame(std::string_view frame);

  int fd() const { return fd_; }
  // The socket is full.
  bool blocked() const { return blocked_; }
  // A frame of the log is partly sent.
  bool mid_frame() const { return offset_ > 0; }
  // Everything up to this event was passed to the socket, and nothing else.
  bool at_event(std::uint64_t seq) const { return cursor_ == seq && offset_ == 0 && !pending_; }
  // When the socket last accepted bytes: heartbeats and the write timeout count from here.
  SteadyTime last_sent() const { return last_sent_; }
  // Whether the peer has taken nothing for this long, although bytes wait for it. Reads it from the kernel from time to
  // time.
  bool stuck_for(milliseconds time, SteadyTime now);
  // The subscription ends then, e.g. while the server shuts down.
  SteadyTime ends_at() const { return ends_at_; }
  void set_ends_at(SteadyTime time) { ends_at_ = time; }

  // --- set and read by the owner ---
  std::uint32_t index() const { return index_; }  // in the owner's list
  void set_index(std::size_t index) { index_ = static_cast<std::uint32_t>(index); }
  bool catching_up() const { return catching_up_; }  // its next write is scheduled
  void set_catching_up(bool scheduled) { catching_up_ = scheduled; }

 private:
  // Bytes that precede the rest of the log: the response head, the snapshot, control frames, the rest of built frames.
  struct Pending {
    std::string bytes;
    SharedBodyPtr shared{};  // after them; null: none
    std::string rest{};      // after the shared ones
    std::size_t sent = 0;    // of the first of these that is not empty

    std::string_view front() const { return !bytes.empty() ? bytes : shared ? shared->bytes : rest; }
    // Removes the front; false if nothing is left.
    bool pop();
  };

  Sent send_bytes(std::string_view bytes, SteadyTime now);
  WriteResult flush_pending(SteadyTime now);
  void advance_cursor(const core::FrameSpan& frames, std::size_t bytes);

  SubscriberOwner& owner_;    // set once
  std::uint64_t cursor_;      // the last event that was written completely, or is part of pending_
  std::uint32_t offset_ = 0;  // bytes of the next frame that are sent already
  std::uint32_t index_ = 0;   // the owner's
  const int fd_;              // set once
  bool blocked_ = false;      // the last send() failed with EAGAIN
  bool catching_up_ = false;  // the owner's
  bool input_ended_ = false;  // reported once: the socket is edge-triggered for all events together
  SteadyTime last_sent_;
  SteadyTime ends_at_;
  std::uint64_t written_ = 0;  // bytes that the kernel accepted
  PeerProgress progress_;
  std::unique_ptr<Pending> pending_;
  const std::shared_ptr<const void> permit_;  // set once
};

}  // namespace plenum::http
