// `<store>-lock`: ensures that one process uses a store file, and records how the previous process ended. Held with
// flock(2), which the system releases when the process ends, for any reason. Its line contains the boot id of the
// machine, the newest commit that subscribers may have seen, and whether the shutdown was clean.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"

namespace plenum::storage {

// The state in which the previous process left the store.
struct PreviousRun {
  bool known = false;       // false: no previous process, or its line is damaged
  bool clean = false;       // clean shutdown: everything was synced
  bool same_boot = false;   // the machine has not rebooted since
  std::int64_t commit = 0;  // the newest one that subscribers may have seen
};

// Not thread-safe: its owner only.
class LockFile {
 public:
  // Fails with config_invalid while another process holds the lock. boot_id: of the running machine.
  static Result<LockFile> acquire(const std::string& store_path, std::string boot_id);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

  const PreviousRun& previous_run() const { return previous_run_; }
  int fd() const { return fd_; }
  // Not synced: it must survive the end of the process only. Returns 0, or errno if the write fails.
  int note_commit(std::int64_t commit);
  // After everything is synced: the next process can trust the end of every log.
  void record_clean_shutdown(std::int64_t commit);

 private:
  LockFile(int fd, std::string boot_id, PreviousRun previous_run);
  int write(std::int64_t commit, bool clean);

  int fd_;
  std::string boot_id_;
  PreviousRun previous_run_;
};

// The boot id of the machine (proc(5), random/boot_id); empty if it is unavailable.
std::string boot_id();

}  // namespace plenum::storage
