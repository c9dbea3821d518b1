// One process for one store file, and what the next process must know about how this one ended.
// A file of its own beside the store: `<store>-lock`, held with flock(2), which the system lets go when the
// process ends, however it ends. It says which boot of the machine wrote last, how far its commits had come,
// and whether it ended in order.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"

namespace plenum::storage {

// How the process before this one left the store.
struct LastLife {
  bool known = false;       // false: there was none, or its note cannot be read
  bool in_order = false;    // it stopped by itself and synced everything
  bool same_boot = false;   // the machine has not gone down since
  std::int64_t commit = 0;  // the last one that readers may have seen
};

// Only the thread that owns it.
class StoreLock {
 public:
  // Fails with config_invalid while another process holds it. boot_id: of this boot of the machine.
  static Result<StoreLock> take(const std::string& store_path, std::string boot_id);
  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

  const LastLife& last_life() const { return last_life_; }
  // Not synced: what it must survive is the end of the process. errno when it cannot be written, else 0.
  int note_commit(std::int64_t commit);
  // Everything is on disk: the next process need not doubt.
  void record_clean_shutdown(std::int64_t commit);

 private:
  StoreLock(int fd, std::string boot_id, LastLife last_life);
  int write(std::int64_t commit, bool in_order);

  int fd_;
  std::string boot_id_;
  LastLife last_life_;
};

// Of this boot of the machine; empty when the system does not tell (proc(5), random/boot_id).
std::string boot_id();

}  // namespace plenum::storage
