// A program that a test starts, watches and ends.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/deadline.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

struct Command {
  std::string program;  // path
  std::vector<std::string> args;
  // The whole environment besides PATH, HOME and what sanitizers read: nothing of the machine that runs the
  // tests (an API key, a proxy) may leak in.
  std::map<std::string, std::string> env;
  std::string stdin_text;
  bool err_is_stuck = false;  // standard error is a full pipe that is never read; err() is empty
  bool on_terminal = false;   // standard output and error are one pseudo-terminal; out() is its screen
};

// One running or ended program. Only the thread of the test; output is gathered by a thread of its own.
class ChildProcess {
 public:
  explicit ChildProcess(const Command& command);  // throws Failure
  ~ChildProcess();                                // kills it if it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // The exit code, 128 + n after signal n; nothing when it still runs at the deadline.
  std::optional<int> wait(Deadline deadline);
  bool running() { return !wait(milliseconds(0)).has_value(); }

  std::string out() const;
  std::string err() const;
  // Waits until standard output (error) holds the text; false when it ended or the deadline passed first.
  bool wait_for_out(std::string_view text, Deadline deadline);
  bool wait_for_err(std::string_view text, Deadline deadline);

 private:
  void gather(Fd input, Fd out, Fd err, std::string stdin_text);
  bool wait_for(const std::string& stream, std::string_view text, Deadline deadline);

  pid_t pid_ = -1;                // set once
  std::optional<int> exit_code_;  // only the test's thread
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_, err_;  // guarded by mutex_
  bool closed_ = false;    // guarded by mutex_: nothing more will come
  Fd unread_err_;          // set once: keeps the pipe of err_is_stuck open
  Fd stop_;                // set once: readable when gathering has to end
  std::thread gatherer_;
};

// Runs a command to its end. Throws Failure at the deadline.
struct Finished {
  int exit_code = -1;
  std::string out, err;
};
Finished run_to_end(const Command& command, Deadline deadline);

}  // namespace plenum::tests
