// Creates streams: new ones, and those that the store holds.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "server/runtime/event_loop_group.h"
#include "server/stream/stream.h"

namespace plenum::stream {

using LogFactory = std::function<std::unique_ptr<core::EventLog>()>;

// Any thread.
class StreamFactory {
 public:
  // store: null without persistence. memory: charged with all streams. Loops, clock and store must outlive the factory.
  StreamFactory(runtime::EventLoopGroup& loops, const Clock& clock, LogFactory new_log, StreamLimits limits,
                core::EventStore* store, std::shared_ptr<runtime::MemoryBudget> memory);

  std::shared_ptr<Stream> create(StreamInfo info) const;
  // With the log and the state it had. Fails with stream_damaged.
  //   memory_ttl  of StreamInfo, which is not stored because it is a setting of this process
  Result<std::shared_ptr<Stream>> restore(core::StoredStream stored, seconds memory_ttl) const;
  // The epoch of new streams: one per process.
  const std::string& epoch() const { return epoch_; }
  const std::shared_ptr<StreamTotals>& totals() const { return totals_; }

 private:
  std::shared_ptr<Stream> assemble(StreamInfo info, StreamDependencies dependencies) const;

  runtime::EventLoopGroup& loops_;              // set once
  const Clock& clock_;                          // set once
  const LogFactory new_log_;                    // set once
  const StreamLimits limits_;                   // set once
  core::EventStore* const store_;               // set once
  const std::string epoch_;                     // set once
  const std::shared_ptr<StreamTotals> totals_;  // set once; its counters: any thread
};

}  // namespace plenum::stream
