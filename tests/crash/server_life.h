// The real plenumd, started again and again on the same port, each start one life. It is made to be killed.
// Only the thread of the test.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process/child_process.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

class ServerLife {
 public:
  struct Options {
    std::string store;                              // as the setting has it: `memory`, `sqlite:PATH`
    std::map<std::string, std::string> settings{};  // top-level settings, as they stand in the file
    std::string tables{};                           // of providers
    std::map<std::string, std::string> env{};
  };

  explicit ServerLife(Options options) : options_(std::move(options)) {}

  // Starts it; it is not ready yet. Throws Failure when it cannot be started at all.
  void start();
  // Whether it serves by now. Throws Failure, with its own words, when it has ended instead.
  bool ready();
  // Waits until it serves; false at the deadline.
  bool wait_until_ready(Deadline deadline);
  bool running() { return process_ && process_->running(); }
  void kill_at_once();  // SIGKILL, and waits until it is gone
  // Stops it gracefully; its exit code, nothing if it has not ended at the deadline.
  std::optional<int> stop(Deadline deadline);
  // The exit code when it has ended, 128 + n after signal n.
  std::optional<int> exit_code() { return process_ ? process_->wait(milliseconds(0)) : std::nullopt; }

  int number() const { return number_; }  // of this life, from 1
  std::uint16_t port() const { return port_; }
  std::string log() const { return process_ ? process_->err() : std::string(); }

 private:
  Options options_;
  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
  std::uint16_t port_ = 0;
  int number_ = 0;
  bool ready_ = false;
};

// The configuration of the only provider and of a store in this directory.
std::string bench_table(const std::string& base_url);  // the provider `bench`
std::string sqlite_store(const std::string& directory);

}  // namespace plenum::tests
