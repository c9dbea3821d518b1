// What a connection needs of the server of its loop. Only on that loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"
#include "server/http/message/response.h"
#include "server/http/server/long_poll.h"
#include "server/http/server/request_ticket.h"

namespace plenum::http {

class Connection;

// The state of a connection. All connections in one phase have the same timeout.
enum class Phase : std::uint8_t {
  head,        // a head is incomplete
  idle,        // between two requests
  body,        // the head is valid, the body is incomplete
  processing,  // the request waits for a request thread, or is on one
  deferred,    // the response waits for a stream; no timeout here, the long poll has its own
  writing,     // the response is being sent
  lingering,   // the response is sent: reading on for a moment, so that the client receives it
};
inline constexpr std::size_t phase_count = 7;

class ConnectionOwner {
 public:
  // Changes the phase and restarts its timeout.
  virtual void set_phase(Connection& connection, Phase phase) = 0;
  // Passes the request to a thread of its kind; Connection::on_response() follows. False if the queue is full. memory:
  // held until the request has been processed.
  virtual bool submit(Connection& connection, Request request, std::shared_ptr<RequestTicket> ticket,
                      runtime::MemoryCharge memory) = 0;
  // Waits on the stream's owner loop; Connection::on_response() follows, unless the long poll is cancelled.
  virtual std::shared_ptr<LongPoll> start_long_poll(Connection& connection, DeferredResponse deferred,
                                                    ResponseFraming framing) = 0;
  // Moves the socket to the stream's owner loop and drops the connection.
  virtual void hand_over(Connection& connection, StreamHandoff handoff) = 0;
  // Calls Connection::on_ready(EPOLLIN) in a later iteration, unless the connection is dropped before.
  virtual void resume_later(Connection& connection) = 0;
  // Drops the connection; its socket closes with it.
  virtual void remove(Connection& connection) = 0;

 protected:
  ~ConnectionOwner() = default;
};

}  // namespace plenum::http
