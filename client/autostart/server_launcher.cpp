#include "client/autostart/server_launcher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "client/api/http_call.h"
#include "client/autostart/provider_variables.h"
#include "client/autostart/startup_log.h"
#include "common/protocol/api_paths.h"

namespace plenum::client {
namespace {

namespace fs = std::filesystem;

constexpr milliseconds start_timeout{60'000};
constexpr milliseconds poll_interval{50};
// A server that is just stopping still has the store open.
constexpr milliseconds second_attempt_after{1'000};
constexpr std::uintmax_t log_bytes_max = 1 << 20;      // above it, the log is renamed at the next start
constexpr std::size_t startup_bytes_max = 64 * 1'024;  // of the log, read after a start

class IgnoringReader final : public HttpReader {
 public:
  bool on_head(const HttpHead&) override { return false; }
  bool on_bytes(std::string_view) override { return false; }
  milliseconds silence_max() const override { return milliseconds(0); }
};

class FdCloser {
 public:
  explicit FdCloser(int fd) : fd_(fd) {}
  ~FdCloser() { ::close(fd_); }
  FdCloser(const FdCloser&) = delete;
  FdCloser& operator=(const FdCloser&) = delete;

 private:
  const int fd_;
};

Error not_started(std::string_view cause, std::string remedy) {
  return {ErrorCode::unreachable, fmt::format("no server is running, and none can be started: {}", cause),
          std::move(remedy)};
}

Error interrupted() { return {ErrorCode::cancelled, "interrupted before the server was started"}; }

// The result of a start where is_listening() failed or found a program.
Result<StartedServer> found(const Result<bool>& listening) {
  if (!listening) return Failure(listening.error());
  return StartedServer{};
}

void write_pid(int fd, pid_t pid) {
  const std::string text = fmt::format("{}\n", pid);
  (void)!::ftruncate(fd, 0);
  (void)!::pwrite(fd, text.data(), text.size(), 0);
}

}  // namespace

ServerLauncher::ServerLauncher(LaunchPlan plan, std::string url, Waiter& waiting)
    : plan_(std::move(plan)), url_(std::move(url)), waiting_(waiting) {}

Result<StartedServer> ServerLauncher::start() {
  if (const auto prepared = prepare_directory(); !prepared) return Failure(prepared.error());
  const int fd = ::open(plan_.pid_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return Failure(not_started(fmt::format("{} cannot be written: {}", plan_.pid_file, std::strerror(errno)),
                               "Check the permissions of this file and its directory, or start plenumd yourself."));
  }
  const FdCloser closer(fd);  // which also unlocks
  if (const auto locked = lock(fd); !locked) return Failure(locked.error());
  return start_locked(fd);
}

Result<void> ServerLauncher::lock(int pid_fd) {
  const SteadyTime give_up = waiting_.now() + 2 * start_timeout;
  while (::flock(pid_fd, LOCK_EX | LOCK_NB) != 0) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || waiting_.now() >= give_up) {
      return Failure(not_started(fmt::format("{} cannot be locked: {}", plan_.pid_file, std::strerror(errno)),
                                 "Wait until the other process has started the server, or start plenumd yourself."));
    }
    if (!waiting_.pause(poll_interval)) return Failure(interrupted());
  }
  return {};
}

Result<StartedServer> ServerLauncher::start_locked(int pid_fd) {
  for (int attempt = 1;; ++attempt) {
    if (const auto listening = is_listening(); !listening || *listening) return found(listening);
    rotate_log();
    const std::size_t log_start = log_size();
    const auto process = DetachedProcess::start(plan_);
    if (!process) return Failure(process.error());
    write_pid(pid_fd, process->pid());
    store_variables(plan_, provider_variables_of(plan_, environ));
    switch (wait_until_ready(*process)) {
      case Readiness::ready:
        return StartedServer{process->pid(), notices_in_log(log_after(log_start))};
      case Readiness::late:
        return Failure(not_started(fmt::format("plenumd is not ready after {} s", start_timeout.count() / 1'000),
                                   fmt::format("See its log: {}", plan_.log_file)));
      case Readiness::stopped:
        return Failure(interrupted());
      case Readiness::ended:
        break;
    }
    const std::string end = process->wait_for_end();
    write_pid(pid_fd, 0);
    // A server that was started by other means may have been faster.
    if (const auto listening = is_listening(); !listening || *listening) return found(listening);
    if (attempt == 2) return Failure(failure(end, log_start));
    if (!waiting_.pause(second_attempt_after)) return Failure(interrupted());
  }
}

ServerLauncher::Readiness ServerLauncher::wait_until_ready(const DetachedProcess& process) {
  const SteadyTime give_up = waiting_.now() + start_timeout;
  std::string line;
  while (line.find('\n') == line.npos) {
    const auto left = std::chrono::ceil<milliseconds>(give_up - waiting_.now());
    if (left.count() <= 0) return Readiness::late;
    std::array<pollfd, 2> inputs{pollfd{process.out_fd(), POLLIN, 0}, pollfd{waiting_.wake_fd(), POLLIN, 0}};
    const int ready = ::poll(inputs.data(), inputs.size(), static_cast<int>(left.count()));
    if (ready > 0 && inputs[1].revents != 0 && !waiting_.woken()) return Readiness::stopped;
    if (ready <= 0 || inputs[0].revents == 0) continue;
    std::array<char, 256> bytes{};
    const ssize_t count = ::read(process.out_fd(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Readiness::ended;
    line.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return Readiness::ready;
}

// A connection is enough: whether the program is a Plenum server shows the call for which the server is started.
Result<bool> ServerLauncher::is_listening() {
  HttpRequest request;
  request.url = url_ + std::string(api::livez);
  request.total_timeout = milliseconds(2'000);
  IgnoringReader reader;
  const HttpOutcome outcome = perform(request, reader, waiting_);
  if (outcome.end == HttpEnd::interrupted) return Failure(interrupted());
  return !outcome.refused;
}

Result<void> ServerLauncher::prepare_directory() const {
  std::error_code error;
  const fs::path parent = fs::path(plan_.directory).parent_path();
  fs::create_directories(parent, error);
  // Created for this user only: the log may contain parts of tasks.
  if (!error && fs::create_directory(plan_.directory, error)) {
    fs::permissions(plan_.directory, fs::perms::owner_all, error);
  }
  if (!error) return {};
  return Failure(not_started(fmt::format("the directory {} cannot be created: {}", plan_.directory, error.message()),
                             "Check its permissions, set XDG_STATE_HOME to another directory, or start plenumd "
                             "yourself with --store sqlite:PATH."));
}

void ServerLauncher::rotate_log() const {
  std::error_code error;
  if (log_size() > log_bytes_max) fs::rename(plan_.log_file, plan_.log_file + ".1", error);
}

std::size_t ServerLauncher::log_size() const {
  std::error_code error;
  const auto size = fs::file_size(plan_.log_file, error);
  return error ? 0 : static_cast<std::size_t>(size);
}

std::string ServerLauncher::log_after(std::size_t position) const {
  std::ifstream file(plan_.log_file, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(position));
  std::string text(startup_bytes_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

Error ServerLauncher::failure(const std::string& end, std::size_t log_start) const {
  const StartFailure found = failure_in_log(log_after(log_start));
  Error error = not_started(found.cause.empty() ? "plenumd did not start: " + end : found.cause, found.remedy);
  error.remedy += fmt::format("{}Its log is {}.", error.remedy.empty() ? "" : " ", plan_.log_file);
  // A list of errors is printed without the remedy of the whole.
  if (error.message.find('\n') != error.message.npos) error.message += '\n' + error.remedy;
  return error;
}

}  // namespace plenum::client
