// The HTTP server on one loop: accepts, owns the connections that it accepted and their timeouts, passes complete
// requests to the request threads and the sockets of subscribers to their owner loop. Only on its loop.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "server/http/multiplex/multiplexer.h"
#include "server/http/server/connection.h"
#include "server/http/server/connection_owner.h"
#include "server/http/server/listener.h"
#include "server/http/server/shared_state.h"
#include "server/http/sse/broadcaster.h"
#include "server/runtime/event_loop.h"

namespace plenum::http {

class LoopServer final : public ConnectionOwner {
 public:
  // All arguments must outlive the server. broadcaster: that of this loop.
  LoopServer(runtime::EventLoop& loop, SharedServerState& shared, Broadcaster& broadcaster);
  // Closes every connection. On its loop, or after the loops have stopped.
  ~LoopServer();

  void start(int listen_fd);
  void stop_accepting();
  // Attaches a subscriber to a stream owned by this loop, or responds with an error.
  void attach_subscriber(runtime::UniqueFd fd, std::optional<Permit> permit, StreamHandoff handoff);
  // Announces the shutdown to the connections that carry several streams.
  void drain(std::chrono::milliseconds window) { multiplexer_.drain(window); }
  // Ends connections whose timeout has passed. Runs periodically once started.
  void sweep();
  runtime::EventLoop& loop() const { return loop_; }  // any thread

  void set_phase(Connection& connection, Phase phase) override;
  bool submit(Connection& connection, Request request, std::shared_ptr<RequestTicket> ticket,
              runtime::MemoryCharge memory) override;
  std::shared_ptr<LongPoll> start_long_poll(Connection& connection, DeferredResponse deferred,
                                            ResponseFraming framing) override;
  void hand_over(Connection& connection, StreamHandoff handoff) override;
  void resume_later(Connection& connection) override;
  void remove(Connection& connection) override;

 private:
  Result<SharedBodyPtr> shared_snapshot(const stream::Stream& stream, std::uint64_t seq);
  void attach_multiplexed(runtime::UniqueFd fd, std::optional<Permit> permit, StreamHandoff handoff);
  void accepted(runtime::UniqueFd fd, const sockaddr_storage& peer);
  Connection* add(runtime::UniqueFd fd, std::optional<Permit> permit);
  // A connection that sends this response, then closes.
  void add_for_error(runtime::UniqueFd fd, std::optional<Permit> permit, std::string final_response);
  void schedule_sweep();
  void expire_slow_bodies(SteadyTime now);
  void publish_subscribers();
  std::optional<milliseconds> timeout_of(Phase phase) const;
  ConnectionList& list(Phase phase) { return lists_[static_cast<std::size_t>(phase)]; }

  runtime::EventLoop& loop_;   // set once
  SharedServerState& shared_;  // set once
  Broadcaster& broadcaster_;   // set once
  Multiplexer multiplexer_;
  Listener listener_;
  std::array<ConnectionList, phase_count> lists_;  // each in the order of its deadlines
  std::size_t rejected_connections_ = 0;           // without a permit, open only for their error response
  std::size_t subscribers_published_ = 0;          // this loop's part of shared_.subscribers
  runtime::TimerId sweep_timer_ = 0;
};

}  // namespace plenum::http
