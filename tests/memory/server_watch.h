// Watches a server while others load it: its memory, the latency of /livez, and the events of one running task.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "server/runtime/guarded.h"
#include "tests/support/deadline.h"

namespace plenum::tests {

// Resident memory of a process. Source: proc(5), statm.
std::size_t resident_bytes(pid_t process);

struct Watched {
  std::size_t peak_bytes = 0;      // since the last take()
  std::vector<double> livez_ms;    // likewise
  std::size_t livez_failures = 0;  // likewise
  double longest_silence_ms = 0;   // between two events of the watched stream, likewise
  bool stream_ended = false;
};

class ServerWatch {
 public:
  // stream: a running task that emits events all the time.
  ServerWatch(std::uint16_t port, pid_t process, const std::string& stream);
  ~ServerWatch();

  // What was seen since the last call.
  Watched take();

 private:
  void poll_server(std::uint16_t port, pid_t process);
  void read_stream(std::uint16_t port, const std::string& stream);

  std::atomic<bool> stopping_{false};  // any thread
  runtime::Guarded<Watched> seen_;     // guarded
  std::thread poller_, reader_;
};

// The value below which this part of the samples is.
double percentile(std::vector<double> samples, double part);

}  // namespace plenum::tests
