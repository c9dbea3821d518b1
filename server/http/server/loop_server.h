// The front door as one loop sees it: accepts, owns the connections accepted here, keeps their
// deadlines, passes whole requests to the request threads and sockets of streams to their owner_loop. Only its loop.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "server/http/server/connection.h"
#include "server/http/server/listener.h"
#include "server/http/server/shared_state.h"
#include "server/http/sse/broadcaster.h"
#include "server/runtime/event_loop.h"

namespace plenum::http {

class LoopServer {
 public:
  // All must outlive the door. The delivery is the one of this loop.
  LoopServer(runtime::EventLoop& loop, SharedServerState& parts, Broadcaster& delivery);
  // Closes every connection. On its loop, or after the loops have stopped.
  ~LoopServer();

  void start(int listen_fd);
  void stop_accepting();
  // Seats a reader in the audience of a stream that is at home here, or tells it why not.
  void seat(UniqueFd fd, std::optional<Permit> permit, StreamHandoff handoff);
  // Cuts what is past its deadline. Runs by itself once started.
  void sweep();

  // --- for its connections ---
  const HttpServerOptions& options() const { return parts_.options; }
  bool closing() const { return parts_.closing.load(std::memory_order_relaxed); }
  void count_refusal(ErrorCode code);
  std::size_t unsent_bytes() const { return parts_.unsent_bytes.load(std::memory_order_relaxed); }
  void count_unsent(std::ptrdiff_t change) { parts_.unsent_bytes.fetch_add(static_cast<std::size_t>(change)); }
  void enter(Connection& connection, Phase phase);
  // False when too many requests wait already.
  bool ask(Connection& connection, Request request);
  std::shared_ptr<LongPoll> wait(Connection& connection, DeferredResponse deferred, ResponseFraming framing);
  void hand_over(Connection& connection, StreamHandoff handoff);
  void forget(Connection& connection);
  runtime::EventLoop& loop() const { return loop_; }

 private:
  void accepted(UniqueFd fd, const sockaddr_storage& peer);
  void adopt(UniqueFd fd, std::optional<Permit> permit, std::string last_words);
  Connection* add(UniqueFd fd, std::optional<Permit> permit);
  void schedule_sweep();
  void cut_slow_bodies(SteadyTime now);
  void publish_readers();
  std::optional<milliseconds> time_in(Phase phase) const;
  ConnectionList& list(Phase phase) { return lists_[static_cast<std::size_t>(phase)]; }

  runtime::EventLoop& loop_;  // set once
  SharedServerState& parts_;  // set once
  Broadcaster& delivery_;     // set once
  Listener listener_;
  std::array<ConnectionList, phase_count> lists_;  // each in the order of its deadlines
  std::size_t turned_away_ = 0;                    // connections that are only told to come back later
  std::size_t readers_published_ = 0;              // this door's share of parts_.readers
  runtime::TimerId sweep_timer_ = 0;
};

}  // namespace plenum::http
