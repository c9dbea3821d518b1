// Loads a real plenumd under a memory limit in the ways in which well-formed requests can make it use memory, and
// checks that it stays within the limit, stays responsive, and returns the memory.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "tests/support/deadline.h"

namespace plenum::tests {

struct MemoryOptions {
  std::size_t memory_mib = 256;  // memory_max of the server
  double scale = 1;              // of the number of connections and requests
  std::size_t answer_bytes = 8'000'000;
  seconds settle{15};  // before and after: eviction after 5 s, the sweep and the trim every 5 s
  seconds hold{5};     // how long clients that do not read stay
  std::map<std::string, std::string> settings{};  // of the server, as they stand in its file
};

struct MemoryStep {
  std::string name;
  std::size_t requests = 0, accepted = 0, rejected = 0;
  std::size_t peak_bytes = 0, left_bytes = 0;  // resident: at most, and when the clients have gone
  double livez_p99_ms = 0, livez_max_ms = 0;
  std::size_t livez_failures = 0;
  double longest_silence_ms = 0;  // of another task's stream
};

struct MemoryReport {
  std::size_t start_bytes = 0, end_bytes = 0;  // resident: before, and some time after
  std::vector<MemoryStep> steps;
  bool stream_ended = false;

  // The greatest of all steps, as a part of the limit.
  double peak_part(const MemoryOptions& options) const;
  std::string text(const MemoryOptions& options) const;
};

// progress: a line for each step; null: none.
MemoryReport run_memory(const MemoryOptions& options, std::ostream* progress);

}  // namespace plenum::tests
