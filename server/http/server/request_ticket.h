// The execution of one request, as its connection and a request thread see it: a request that was
// reported as not executed is never executed afterwards. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/http/routing/route_table.h"

namespace plenum::http {

class RequestTicket {
 public:
  explicit RequestTicket(RouteKind kind) : kind_(kind) {}

  RouteKind kind() const { return kind_; }
  // Before the handler is called. False if the request was withdrawn: it must not be executed.
  bool begin() { return leave_queue(State::executing); }
  // False if the handler was called: the request may take effect.
  bool withdraw() { return leave_queue(State::withdrawn); }

 private:
  enum class State : std::uint8_t { queued, executing, withdrawn };

  bool leave_queue(State to) {
    State expected = State::queued;
    return state_.compare_exchange_strong(expected, to) || expected == to;
  }

  const RouteKind kind_;  // set once
  std::atomic<State> state_{State::queued};
};

}  // namespace plenum::http
