// Look-ups of names for all loops: one at a time for each host, so that a name server that does not answer
// for one host holds one thread, whoever asks and however often.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/runtime/thread_pool.h"

namespace plenum::provider {

using Addresses = std::vector<std::string>;  // numeric, at least one

// How many threads serve so many hosts: one each within reason, some in any case.
unsigned dns_lookup_threads(std::size_t hosts);

// Any thread. The helpers must outlive it; whoever is told must be there until they have stopped.
class DnsLookupPool {
 public:
  using Ask = std::function<Result<Addresses>(const std::string& host)>;  // may block
  using Tell = std::function<void(const Result<Addresses>&)>;

  explicit DnsLookupPool(runtime::ThreadPool& helpers) : helpers_(helpers) {}

  // Calls tell on a helper thread when the answer is there: that of the look-up under way for the host,
  // or else of one that is made with `ask`. False when too much waits already: tell is not called then.
  [[nodiscard]] bool fetch(const std::string& host, const Ask& ask, Tell tell);

 private:
  // Shared with work that runs on after this is gone.
  struct UnderWay {
    std::mutex mutex;
    std::map<std::string, std::vector<Tell>> hosts;  // guarded by mutex; as many as the configuration names
  };

  runtime::ThreadPool& helpers_;                                              // set once
  const std::shared_ptr<UnderWay> under_way_ = std::make_shared<UnderWay>();  // set once
};

}  // namespace plenum::provider
