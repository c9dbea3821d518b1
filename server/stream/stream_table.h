// The streams in memory by id and in the order in which they were opened, and the ids of those that are gone.
// Only the manager includes this; it is guarded there.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "server/stream/stream_manager.h"

namespace plenum::stream {

struct StreamManager::Table {
  struct Row {
    std::shared_ptr<Stream> stream;
    std::list<StreamId>::iterator place;
    WallTime use_told;  // the last use that the store is known to know of; it notes that of the end itself
  };
  struct Tombstone {
    StreamId id;
    SteadyTime until;
  };
  std::unordered_map<StreamId, Row> rows;
  std::list<StreamId> by_age;  // oldest first
  std::unordered_set<StreamId> tombstones;
  std::deque<Tombstone> graves;  // oldest first
  std::uint64_t opened_total = 0, reaped_total = 0, evicted_total = 0;
};

}  // namespace plenum::stream
