// Names of providers' hosts, looked up off the loop: libcurl's own resolver can block the removal of a
// transfer until a dead name server answers (curl issue 4852), and with it every stream of the loop.
// Source: getaddrinfo(3).
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "server/provider/transport/dns_lookup_pool.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

struct ResolverOptions {
  std::chrono::milliseconds keep_found{60'000};
  std::chrono::milliseconds keep_failed{5'000};
  // What asks the network; runs on a helper thread and may block.
  std::function<Result<Addresses>(const std::string& host)> look_up;  // empty: getaddrinfo
};

// Only its loop. The helpers of the look-ups must have stopped before the loop is destroyed.
class Resolver {
 public:
  using OnDone = std::function<void(const Result<Addresses>&)>;

  Resolver(runtime::EventLoop& loop, DnsLookupPool& dns_lookups, ResolverOptions options = {});
  ~Resolver();  // whoever waits hears nothing more

  // What is remembered of the host, if it is still fresh.
  std::optional<Result<Addresses>> find(const std::string& host);
  // Asks the network and calls on_done later, on the loop; one look-up serves all who wait for the same
  // name. Destroying what is returned ends the wait; on_done may do so.
  [[nodiscard]] std::shared_ptr<void> fetch(const std::string& host, OnDone on_done);

 private:
  struct Host;
  struct State;
  std::shared_ptr<State> state_;
};

// Whether a host needs no look-up: an IPv4 or IPv6 address, or localhost, which libcurl knows. Any thread.
bool needs_no_lookup(const std::string& host);
// The system's answer. Blocks. Any thread.
Result<Addresses> resolve_with_getaddrinfo(const std::string& host);

}  // namespace plenum::provider
