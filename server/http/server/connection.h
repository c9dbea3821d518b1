// One accepted connection, from its first byte until it is closed or handed to a stream: reads a head
// and a body, waits for the answer, writes it, begins again. Only its loop.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "server/http/message/request_head.h"
#include "server/http/server/connection_limiter.h"
#include "server/http/server/httplib_adapter.h"
#include "server/http/server/long_poll.h"
#include "server/runtime/event_loop.h"
#include "server/runtime/unique_fd.h"

namespace plenum::http {

class LoopServer;

// What a connection is doing. Each phase has one deadline, the same for all connections in it.
enum class Phase : std::uint8_t {
  head,       // part of a head may have come
  idle,       // between two requests
  body,       // the head is judged, the body is on its way
  answering,  // the request waits for a request thread, or is on one
  deferred,   // the answer waits on a stream; no deadline here, the wait has its own
  writing,    // the answer is on its way
  lingering,  // all is said: reading on for a moment, so that the client can read it
};
inline constexpr std::size_t phase_count = 7;

class Connection;
// The connections of one phase, longest in it first.
using ConnectionList = std::list<std::shared_ptr<Connection>>;

class Connection final : public runtime::FdHandler, public std::enable_shared_from_this<Connection> {
 public:
  // Without a permit it is a connection that is only told why it may not stay.
  Connection(LoopServer& door, UniqueFd fd, std::optional<Permit> permit);

  void on_ready(std::uint32_t events) override;
  // The answer to its request. Ignored when the connection no longer waits for one.
  void take(Answer answer);
  // Writes these bytes and closes.
  void say_last(std::string bytes);
  // The deadline of its phase is over.
  void expire();
  // Whether its body comes slower than it may, at this time.
  bool too_slow(SteadyTime now) const;
  int fd() const { return fd_.get(); }
  bool counted() const { return permit_.has_value(); }
  // Gives the socket away. The connection must be forgotten next.
  UniqueFd release_socket() { return std::move(fd_); }
  std::optional<Permit> release_permit() { return std::move(permit_); }
  // Ends a wait on a stream, if there is one.
  void stop_waiting();

 private:
  friend class LoopServer;

  void read_request();
  bool received(std::string_view bytes);
  bool advance();
  bool advance_head();
  bool advance_body();
  void ask();
  void refuse(const RejectedRequest& refusal);
  void send(std::string bytes, bool keep_alive);
  void write_more();
  void written();
  void linger();
  void drain();
  void leave();

  LoopServer& door_;  // set once
  UniqueFd fd_;
  std::optional<Permit> permit_;
  ConnectionList::iterator place_{};  // in the list of its phase; the door's
  SteadyTime since_{};                // when it entered its phase; the door's
  Phase phase_ = Phase::head;         // the door's
  bool readable_ = false;             // epoll tells only of changes: there may be more to read
  bool peer_done_ = false;            // the client will send no more
  bool keep_alive_ = false;           // after the answer that is being written
  ResponseFraming framing_;           // of the answer to the current request
  HeadScanner scanner_;
  std::string in_;                     // received and not yet used
  std::unique_ptr<RequestHead> head_;  // while its body is read
  std::string out_;                    // the answer
  std::size_t sent_ = 0;               // of out_; while lingering: bytes thrown away
  std::shared_ptr<LongPoll> wait_;
};

}  // namespace plenum::http
