// Writes to a descriptor that other processes share, without blocking on its reader: to a pipe or a terminal through an
// open file description of its own, whose O_NONBLOCK the others do not see (open(2): a new description). If that cannot
// be opened, in pieces of at most PIPE_BUF bytes after poll(2), which a pipe takes without blocking while no other
// process writes to it. Only the disk of a regular file can block it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/clock.h"

namespace plenum::telemetry {

class LogOutput {
 public:
  explicit LogOutput(int fd);  // not owned
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  // Waits while the reader is slow. False if not all of it was written: the reader is gone, the file system is full, or
  // the time of end_within() has passed. From the last case on, every call fails at once. One thread.
  bool write(std::string_view text);
  // Limits all waiting from now on. A later call does not extend it. Any thread.
  void end_within(milliseconds limit);

 private:
  std::ptrdiff_t write_piece(std::string_view piece) const;
  bool wait_writable() const;
  std::optional<milliseconds> time_left() const;  // absent: no limit

  const int fd_;                         // set once
  const bool socket_;                    // set once
  const int own_;                        // set once: the non-blocking description; -1: none
  const int wake_;                       // set once: eventfd, readable after end_within()
  bool failed_ = false;                  // writing thread only: the time was over
  std::atomic<std::int64_t> end_ns_{0};  // any thread: on the steady clock; 0: no limit
};

}  // namespace plenum::telemetry
