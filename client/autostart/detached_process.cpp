#include "client/autostart/detached_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>
#include <vector>

namespace plenum::client {
namespace {

Failure cannot(std::string_view what, const std::string& path) {
  return Failure(
      Error{ErrorCode::unreachable,
            fmt::format("no server is running, and none can be started: {} {}: {}", path, what, std::strerror(errno)),
            "Check the permissions of this file and its directory, or start plenumd yourself."});
}

// Pointers to the texts, with the null that exec requires.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child: only functions that are safe after fork().
[[noreturn]] void become(char* const* arguments, char* const* environment, int out, int log) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY);
  const bool ready = nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 &&
                     ::dup2(log, STDERR_FILENO) >= 0;
  if (!ready) ::_exit(127);
  ::close_range(STDERR_FILENO + 1, UINT_MAX, 0);
  ::signal(SIGPIPE, SIG_DFL);
  ::execve(arguments[0], arguments, environment);
  const char* reason = std::strerror(errno);
  for (const char* part : {"plenumd: the program cannot be executed: ", reason, "\nCheck that it is executable.\n"}) {
    (void)!::write(STDERR_FILENO, part, std::strlen(part));
  }
  ::_exit(127);
}

}  // namespace

Result<DetachedProcess> DetachedProcess::start(const LaunchPlan& plan) {
  const int log = ::open(plan.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (log < 0) return cannot("cannot be written", plan.log_file);
  std::array<int, 2> out{-1, -1};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) {
    ::close(log);
    return cannot("cannot be connected", plan.program);
  }
  // Built before fork(), after which memory must not be allocated.
  std::vector<std::string> words{plan.program};
  words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
  const std::vector<char*> arguments = pointers_to(words);
  std::vector<std::string> variables = plan.environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) variables.emplace_back(*entry);
  const std::vector<char*> environment = pointers_to(variables);
  const pid_t pid = ::fork();
  if (pid == 0) become(arguments.data(), environment.data(), out[1], log);
  ::close(log);
  ::close(out[1]);
  DetachedProcess process(pid, out[0]);
  if (pid < 0) return cannot("cannot be started", plan.program);
  return process;
}

DetachedProcess::DetachedProcess(DetachedProcess&& other) noexcept
    : pid_(other.pid_), out_fd_(std::exchange(other.out_fd_, -1)) {}

DetachedProcess::~DetachedProcess() {
  if (out_fd_ >= 0) ::close(out_fd_);
}

std::string DetachedProcess::wait_for_end() const {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? fmt::format("it was ended by signal {}", WTERMSIG(status))
                             : fmt::format("it exited with code {}", WEXITSTATUS(status));
}

}  // namespace plenum::client
