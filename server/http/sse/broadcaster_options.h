// Limits of the delivery of streams to their subscribers. Set once.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "server/core/store_kind.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/memory_budget.h"

namespace plenum::http {

struct BroadcasterOptions {
  std::chrono::milliseconds heartbeat{15'000};      // without frames for this long, a heartbeat is sent
  std::chrono::milliseconds write_timeout{30'000};  // a subscriber that accepts no bytes for this long is disconnected
  std::size_t batch_bytes_max = 256 * 1024;         // of the log, for one subscriber per iteration of the loop
  redaction::Scrubber scrubber{};                   // for the preamble; logged events are redacted already
  std::string store{core::name_of(core::StoreKind::memory)};  // the storage backend's name, reported in stream_open
  std::size_t views_per_stream_max = 16;                      // besides the plain one
  std::shared_ptr<runtime::MemoryBudget> memory = std::make_shared<runtime::MemoryBudget>();
};

}  // namespace plenum::http
