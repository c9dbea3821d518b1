// One accepted connection until it is closed or handed to a stream: reads a head and a body, waits for the response,
// writes it, reads the next request. Only on its loop.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "server/http/message/request_reader.h"
#include "server/http/server/connection_limiter.h"
#include "server/http/server/connection_owner.h"
#include "server/http/server/httplib_adapter.h"
#include "server/http/server/shared_state.h"
#include "server/runtime/event_loop.h"
#include "server/runtime/memory_budget.h"
#include "server/runtime/unique_fd.h"

namespace plenum::http {

// The connections of one phase, in the order in which they entered it.
using ConnectionList = std::list<std::shared_ptr<Connection>>;

// The owner's record of a connection's phase; only the owner writes it.
struct PhaseEntry {
  ConnectionList::iterator position{};
  SteadyTime since{};
  Phase phase = Phase::head;
};

class Connection final : public runtime::FdHandler, public std::enable_shared_from_this<Connection> {
 public:
  // Without a permit, the connection only receives an error response. owner and shared must outlive it.
  Connection(ConnectionOwner& owner, SharedServerState& shared, runtime::UniqueFd fd, std::optional<Permit> permit);

  void on_ready(std::uint32_t events) override;
  // The response to the current request. Ignored if the connection no longer waits for one.
  void on_response(ServeResult result);
  // Sends these bytes, then closes.
  void respond_and_close(std::string bytes);
  // The timeout of the phase has passed.
  void expire();
  // Whether the body arrives below the minimum rate.
  bool too_slow(SteadyTime now) const;
  // Releases the socket. The connection must be removed next.
  runtime::UniqueFd release_socket() { return std::move(fd_); }
  std::optional<Permit> release_permit() { return std::move(permit_); }

  int fd() const { return fd_.get(); }
  bool has_permit() const { return permit_.has_value(); }
  PhaseEntry& phase_entry() { return entry_; }

 private:
  Phase phase() const { return entry_.phase; }
  const HttpServerOptions& options() const { return shared_.options; }
  void set_phase(Phase phase) { owner_.set_phase(*this, phase); }
  void read_request();
  bool received(std::string_view bytes);
  bool advance();
  bool await_body();
  bool answer_expectation();
  void submit(Request request);
  void respond(SerializedResponse response);
  void defer(DeferredResponse deferred);
  void probe_peer();
  void cancel_long_poll();
  void reject_late();
  void reject(const RejectedRequest& rejected);
  void reject(ErrorCode code, std::string message);
  void send(SerializedResponse response);
  void write_more();
  void on_written();
  bool charge_body();
  void linger();
  void drain();
  void prolong_linger(std::size_t drained_before);
  void close();
  std::size_t bytes_unsent() const { return out_.bytes.size() + (out_.body ? out_.body->bytes.size() : 0) - sent_; }

  ConnectionOwner& owner_;     // set once
  SharedServerState& shared_;  // set once
  runtime::UniqueFd fd_;
  std::optional<Permit> permit_;
  PhaseEntry entry_;
  bool readable_ = false;    // edge-triggered: there may be more to read
  bool peer_done_ = false;   // the client has closed its sending side
  bool probed_ = false;      // by an interim response, since the last request
  bool keep_alive_ = false;  // after the response that is being written
  ResponseFraming framing_;  // of the response to the current request
  RequestReader reader_;
  SerializedResponse out_;
  std::size_t sent_ = 0;  // of the bytes and the body of out_; while lingering: bytes discarded
  runtime::MemoryCharge body_memory_, response_memory_, socket_memory_;
  SteadyTime lingering_since_{};
  std::shared_ptr<RequestTicket> ticket_;  // of the current request; null before the first one
  std::shared_ptr<LongPoll> long_poll_;
};

}  // namespace plenum::http
