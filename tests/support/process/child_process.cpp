#include "tests/support/process/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

struct Pipe {
  Fd read_end, write_end;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Failure("no pipe for a program's output");
  return {Fd(ends[0]), Fd(ends[1])};
}

// A write would block: its reader never reads.
Pipe make_full_pipe() {
  Pipe pipe = make_pipe();
  fcntl(pipe.write_end.get(), F_SETFL, O_NONBLOCK);
  const std::string page(4096, '.');
  while (write(pipe.write_end.get(), page.data(), page.size()) > 0) {
  }
  fcntl(pipe.write_end.get(), F_SETFL, 0);
  return pipe;
}

// A pseudo-terminal: what is written to one end is read from the other, byte for byte.
Pipe make_terminal() {
  Fd screen(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  std::array<char, 64> name{};
  if (!screen || grantpt(screen.get()) != 0 || unlockpt(screen.get()) != 0 ||
      ptsname_r(screen.get(), name.data(), name.size()) != 0) {
    throw Failure("no pseudo-terminal for a program's output");
  }
  Fd line(open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios mode{};
  if (!line || tcgetattr(line.get(), &mode) != 0) throw Failure("no pseudo-terminal for a program's output");
  cfmakeraw(&mode);
  if (tcsetattr(line.get(), TCSANOW, &mode) != 0) throw Failure("a pseudo-terminal keeps its own line ends");
  return {std::move(screen), std::move(line)};
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> lines;
  for (const char* inherited : {"PATH", "HOME", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
    const char* value = std::getenv(inherited);
    if (value != nullptr && command.env.count(inherited) == 0) lines.push_back(std::string(inherited) + "=" + value);
  }
  for (const auto& [name, value] : command.env) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& lines) {
  std::vector<char*> pointers;
  for (std::string& line : lines) pointers.push_back(line.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Appends what is available; false at the end of the pipe, which a terminal signals with EIO.
bool take(int fd, std::string& out) {
  std::array<char, 65'536> buffer;
  ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  out.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

// Writes what fits; closes the pipe once everything is written or its reader is gone.
void give(Fd& input, std::string& text) {
  ssize_t written = write(input.get(), text.data(), text.size());
  if (written > 0) text.erase(0, static_cast<std::size_t>(written));
  if (text.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) input.close();
}

}  // namespace

ChildProcess::ChildProcess(const Command& command) : stop_(eventfd(0, EFD_CLOEXEC)) {
  ::signal(SIGPIPE, SIG_IGN);  // a program that ends without reading its input must not end the test
  Pipe input = make_pipe(), out = command.on_terminal ? make_terminal() : make_pipe(), err = make_pipe();
  if (command.err_is_stuck) {
    err = make_full_pipe();
    unread_err_ = std::move(err.read_end);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, (command.on_terminal ? out : err).write_end.get(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t restored;
  sigemptyset(&restored);
  sigaddset(&restored, SIGPIPE);  // the child starts with the system's own handling
  posix_spawnattr_setsigdefault(&attributes, &restored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.args.begin(), command.args.end());
  std::vector<std::string> lines = environment_of(command);
  int failed = posix_spawn(&pid_, command.program.c_str(), &actions, &attributes, pointers_to(words).data(),
                           pointers_to(lines).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) throw Failure("cannot start " + command.program + ": " + std::strerror(failed));
  fcntl(input.write_end.get(), F_SETFL, O_NONBLOCK);
  gatherer_ = std::thread([this, in = std::move(input.write_end), from_out = std::move(out.read_end),
                           from_err = std::move(err.read_end), text = command.stdin_text]() mutable {
    gather(std::move(in), std::move(from_out), std::move(from_err), std::move(text));
  });
}

ChildProcess::~ChildProcess() {
  if (running()) {
    signal(SIGKILL);
    wait(seconds(20));
  }
  std::uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(stop_.get(), &one, sizeof one);
  gatherer_.join();
}

void ChildProcess::gather(Fd input, Fd out, Fd err, std::string stdin_text) {
  if (stdin_text.empty()) input.close();
  while (out || err) {
    pollfd fds[] = {
        {out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}, {input.get(), POLLOUT, 0}, {stop_.get(), POLLIN, 0}};
    if (poll(fds, std::size(fds), -1) < 0 && errno != EINTR) break;
    if (fds[2].revents != 0) give(input, stdin_text);
    {
      std::lock_guard lock(mutex_);
      if (fds[0].revents != 0 && !take(out.get(), out_)) out.close();
      if (fds[1].revents != 0 && !take(err.get(), err_)) err.close();
    }
    changed_.notify_all();
    if (fds[3].revents != 0 && fds[0].revents == 0 && fds[1].revents == 0) break;
  }
  std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void ChildProcess::signal(int number) const { kill(pid_, number); }

std::optional<int> ChildProcess::wait(Deadline deadline) {
  while (!exit_code_) {
    int status = 0;
    pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      break;
    }
    if (deadline.over()) return std::nullopt;
    // The output closes when the program ends, which wakes this; the short wait covers what lies between.
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, milliseconds(2));
  }
  // What it wrote last may still be in the pipes; a grandchild that keeps them open must not hold us.
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, seconds(1), [this] { return closed_; });
  return exit_code_;
}

std::string ChildProcess::out() const {
  std::lock_guard lock(mutex_);
  return out_;
}

std::string ChildProcess::err() const {
  std::lock_guard lock(mutex_);
  return err_;
}

bool ChildProcess::wait_for(const std::string& stream, std::string_view text, Deadline deadline) {
  std::unique_lock lock(mutex_);
  auto there = [&] { return stream.find(text) != std::string::npos; };
  changed_.wait_until(lock, deadline.at(), [&] { return there() || closed_; });
  return there();
}

bool ChildProcess::wait_for_out(std::string_view text, Deadline deadline) { return wait_for(out_, text, deadline); }
bool ChildProcess::wait_for_err(std::string_view text, Deadline deadline) { return wait_for(err_, text, deadline); }

Finished run_to_end(const Command& command, Deadline deadline) {
  ChildProcess child(command);
  std::optional<int> code = child.wait(deadline);
  if (!code) throw Failure(command.program + " did not end in time; its output:\n" + child.out() + child.err());
  return {*code, child.out(), child.err()};
}

}  // namespace plenum::tests
