// A program that outlives this one: in its own session, without a terminal and without descriptors of this process.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "client/autostart/launch_plan.h"
#include "common/base/result.h"

namespace plenum::client {

// Not thread-safe. The destructor ends nothing.
class DetachedProcess {
 public:
  // Starts the program of the plan. It appends its standard error to the log file, inherits the environment and the
  // working directory, and no other descriptor: a reader of this program's output must not wait for the server. Fails
  // with unreachable.
  static Result<DetachedProcess> start(const LaunchPlan& plan);
  DetachedProcess(DetachedProcess&& other) noexcept;
  DetachedProcess& operator=(DetachedProcess&&) = delete;
  ~DetachedProcess();

  pid_t pid() const { return pid_; }
  int out_fd() const { return out_fd_; }  // its standard output; closed with this object
  // How it ended, such as `it exited with code 2`. Blocks until it has ended.
  std::string wait_for_end() const;

 private:
  DetachedProcess(pid_t pid, int out_fd) : pid_(pid), out_fd_(out_fd) {}

  pid_t pid_;   // set once
  int out_fd_;  // -1: moved from
};

}  // namespace plenum::client
