// The real plenumd on a free loopback port, with a configuration of the test's own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/process/child_process.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

struct ServerOptions {
  // Top-level settings, as they stand in the file: {"heartbeat_ms", "200"}.
  std::map<std::string, std::string> settings{};
  // Tables of providers and whatever else follows them; see provider_table.
  std::string tables{};
  std::map<std::string, std::string> env{};
  std::vector<std::string> args{};
  bool err_is_stuck = false;  // as in Command
};

// A [providers.NAME] table of kind openai without a key.
std::string provider_table(std::string_view name, std::string_view base_url, std::string_view more = {});

// Starts when it is made and is ready when that returns; throws Failure with the server's own words
// otherwise. Only the test's thread, except port().
class ServerProcess {
 public:
  explicit ServerProcess(const ServerOptions& options = {});
  // Stops it gracefully and fails the running test case if it does not end with 0 and without a sanitizer report.
  ~ServerProcess();

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return process_->pid(); }
  bool running() { return process_->running(); }
  std::string log() const { return process_->err(); }
  std::string out() const { return process_->out(); }
  void signal(int number) { process_->signal(number); }
  // SIGKILL, which a process cannot handle; returns when it is gone.
  void kill_at_once();
  // After kill_at_once() or an end of its own: another process with the same configuration, on another port.
  void start_again();
  // How it is started.
  const Command& command() const { return command_; }
  std::optional<int> wait(Deadline deadline) { return process_->wait(deadline); }

 private:
  void start();

  TempDir dir_;
  Command command_;
  std::unique_ptr<ChildProcess> process_;
  bool killed_ = false;
  std::uint16_t port_ = 0;
};

}  // namespace plenum::tests
