// Starts a local server that outlives the client, at most one at a time.
// Source: docs/client.md, "Autostart".
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "client/api/waiter.h"
#include "client/autostart/detached_process.h"
#include "client/autostart/launch_plan.h"
#include "common/base/result.h"

namespace plenum::client {

struct StartedServer {
  pid_t pid = 0;                     // 0: another process has started a server meanwhile
  std::vector<std::string> notices;  // about keys and settings
};

// Not thread-safe. Ends no process.
class ServerLauncher {
 public:
  // url: the address of plan.arguments for a client. waiting must outlive the launcher.
  ServerLauncher(LaunchPlan plan, std::string url, Waiter& waiting);

  // Returns when a program listens at the address. Concurrent callers, also in other processes, wait for the first
  // one. Fails with unreachable, cause and remedy of plenumd included; with cancelled on a stop request.
  Result<StartedServer> start();

 private:
  enum class Readiness : unsigned char { ready, ended, late, stopped };

  // Waits while another process starts a server.
  Result<void> lock(int pid_fd);
  Result<StartedServer> start_locked(int pid_fd);
  // Waits for the line with which plenumd reports that it accepts requests.
  Readiness wait_until_ready(const DetachedProcess& process);
  Result<bool> is_listening();
  Result<void> prepare_directory() const;
  void rotate_log() const;
  // What the log contains after this position.
  std::string log_after(std::size_t position) const;
  std::size_t log_size() const;
  Error failure(const std::string& end, std::size_t log_start) const;

  const LaunchPlan plan_;  // set once
  const std::string url_;  // set once
  Waiter& waiting_;        // set once
};

}  // namespace plenum::client
