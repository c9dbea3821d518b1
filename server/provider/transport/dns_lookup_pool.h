// DNS lookups for all loops, on a thread pool: libcurl's own resolver can block the removal of a transfer until an
// unresponsive name server answers (curl issue 4852), and with it every stream of the loop.
// One lookup at a time per host, so that an unresponsive name server of one host holds one thread.
// Source: getaddrinfo(3).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/result.h"
#include "server/runtime/thread_pool.h"

namespace plenum::provider {

using Addresses = std::vector<std::string>;  // numeric, at least one

// Number of threads for this number of hosts: one each, within limits.
unsigned dns_lookup_threads(std::size_t hosts);

// Whether a host needs no lookup: an IPv4 or IPv6 address, or localhost, which libcurl resolves. Any thread.
bool needs_no_lookup(const std::string& host);
// The addresses from the system's resolver. Blocks. Any thread.
Result<Addresses> resolve_with_getaddrinfo(const std::string& host);

// Any thread. The thread pool must outlive it; whatever a callback uses must exist until the pool has stopped.
class DnsLookupPool {
 public:
  using ResolveFn = std::function<Result<Addresses>(const std::string& host)>;  // may block
  using Callback = std::function<void(const Result<Addresses>&)>;

  explicit DnsLookupPool(runtime::ThreadPool& threads) : threads_(threads) {}

  // Calls `callback` on a pool thread with the result of the host's lookup in progress, or else of a new one made with
  // `resolve`. False if the queue of the pool is full: there is no callback then.
  [[nodiscard]] bool fetch(const std::string& host, const ResolveFn& resolve, Callback callback);

 private:
  // Shared with lookups that outlive the pool object.
  struct InProgress {
    Mutex mutex;
    std::map<std::string, std::vector<Callback>> hosts GUARDED_BY(mutex);  // as many as the configuration has
  };

  runtime::ThreadPool& threads_;                                                    // set once
  const std::shared_ptr<InProgress> in_progress_ = std::make_shared<InProgress>();  // set once
};

}  // namespace plenum::provider
