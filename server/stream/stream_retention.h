// Deletes and evicts finished streams: by age, by quota, and from memory when they are idle.
// docs/event-log.md, "Memory, retention and deletion".
#pragma once

#include <vector>

#include "common/base/clock.h"
#include "server/core/event_store.h"
#include "server/runtime/guarded.h"
#include "server/stream/stream_table.h"

namespace plenum::stream {

struct RetentionOptions {
  seconds tombstone_ttl{24 * 3600};  // how long a deleted id returns 410
};

class StreamRetention {
 public:
  // store: null without persistence. Clock, table and store must outlive it.
  StreamRetention(const Clock& clock, runtime::Guarded<StreamTable>& table, core::EventStore* store,
                  RetentionOptions options)
      : clock_(clock), table_(table), store_(store), options_(options) {}

  // Call it every few seconds, from one thread that may block on the disk.
  void reap();
  // Deletes streams from memory and store. From now on their ids are gone.
  Result<void> remove(const std::vector<StreamId>& ids, core::Removal removal);

 private:
  void reap_memory();
  void reap_store();
  std::vector<StreamId> evict_idle();
  std::vector<StreamId> over_quota() const;
  bool remove_old(const std::vector<StreamId>& ids);
  WallTime last_use(const Stream& stream) const;

  const Clock& clock_;                    // set once
  runtime::Guarded<StreamTable>& table_;  // set once; guarded
  core::EventStore* const store_;         // set once
  const RetentionOptions options_;        // set once
};

}  // namespace plenum::stream
