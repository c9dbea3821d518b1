#include "server/storage/sqlite/database/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

namespace plenum::storage {

namespace {

// One line of fixed length, so that a write replaces all of it:
// `plenum 1 <boot id, 36> <commit, 20 digits> <clean, 1>\n`.
constexpr std::size_t boot_id_length = 36, line_length = 9 + boot_id_length + 1 + 20 + 1 + 1 + 1;

std::string padded(const std::string& boot) { return fmt::format("{:36.36}", boot); }

std::string line_of(const std::string& boot, std::int64_t commit, bool clean) {
  return fmt::format("plenum 1 {} {:020} {:d}\n", padded(boot), commit, clean);
}

PreviousRun parse_line(std::string_view line, const std::string& boot) {
  PreviousRun previous;
  if (line.size() != line_length || line.substr(0, 9) != "plenum 1 ") return previous;
  for (const char digit : line.substr(46, 20)) {
    if (digit < '0' || digit > '9') return previous;
    previous.commit = previous.commit * 10 + (digit - '0');
  }
  previous.known = true;
  previous.same_boot = !boot.empty() && line.substr(9, boot_id_length) == padded(boot);
  previous.clean = line[67] == '1';
  return previous;
}

Failure cannot(const std::string& path, const char* what) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("store: {} {}: {}", path, what, std::strerror(errno)),
                       "Check that the folder exists and that this user may write to it, or give another path."});
}

}  // namespace

Result<LockFile> LockFile::acquire(const std::string& store_path, std::string boot_id) {
  const std::string path = store_path + "-lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannot(path, "cannot be opened");
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool locked = errno == EWOULDBLOCK;
    auto failure = cannot(path, "cannot be locked");
    ::close(fd);
    if (!locked) return failure;
    return Failure(Error{ErrorCode::config_invalid, fmt::format("store: another process uses {}", store_path),
                         "Stop the other server, or use another file with --store sqlite:PATH, or --store memory."});
  }
  std::array<char, line_length + 1> line{};
  const ssize_t got = ::pread(fd, line.data(), line.size(), 0);
  const PreviousRun previous = parse_line({line.data(), static_cast<std::size_t>(got > 0 ? got : 0)}, boot_id);
  LockFile lock(fd, std::move(boot_id), previous);
  // Synced before anything else is written: after a power failure, the record of an earlier clean shutdown must not be
  // taken for one of this process.
  errno = lock.write(previous.commit, false);
  if (errno != 0 || ::fdatasync(fd) != 0) return cannot(path, "cannot be written");
  return lock;
}

LockFile::LockFile(int fd, std::string boot_id, PreviousRun previous_run)
    : fd_(fd), boot_id_(std::move(boot_id)), previous_run_(previous_run) {}

LockFile::LockFile(LockFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), boot_id_(std::move(other.boot_id_)), previous_run_(other.previous_run_) {}

LockFile::~LockFile() {
  if (fd_ >= 0) ::close(fd_);
}

int LockFile::write(std::int64_t commit, bool clean) {
  const std::string line = line_of(boot_id_, commit, clean);
  const ssize_t written = ::pwrite(fd_, line.data(), line.size(), 0);
  if (written == static_cast<ssize_t>(line.size())) return 0;
  return written < 0 ? errno : EIO;
}

int LockFile::note_commit(std::int64_t commit) { return write(commit, false); }

void LockFile::record_clean_shutdown(std::int64_t commit) {
  // If this fails, the next process assigns new epochs; nothing is lost.
  if (write(commit, true) == 0) ::fdatasync(fd_);
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace plenum::storage
