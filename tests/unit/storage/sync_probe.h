// Intercepts every fsync and fdatasync of this program and of SQLite, and makes them fail on demand: sync_probe.cpp
// defines both functions, and the definitions of the program replace the C library's. Any thread.
#pragma once

#include <functional>
#include <string>

namespace plenum::tests {

// Called with the path before each sync while the probe exists; returns 0, or an errno with which the sync fails.
class SyncProbe {
 public:
  explicit SyncProbe(std::function<int(const std::string& path)> on_sync);
  ~SyncProbe();
  SyncProbe(const SyncProbe&) = delete;
  SyncProbe& operator=(const SyncProbe&) = delete;
};

}  // namespace plenum::tests
