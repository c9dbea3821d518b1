#include "server/storage/sqlite/lock_file.h"

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

// One line of fixed length, so that writing it again replaces it whole:
// `plenum 1 <boot id, 36> <commit, 20 digits> <order, 1>\n`.
constexpr std::size_t boot_id_length = 36, note_length = 9 + boot_id_length + 1 + 20 + 1 + 1 + 1;

std::string padded(const std::string& boot) { return fmt::format("{:36.36}", boot); }

std::string note_of(const std::string& boot, std::int64_t commit, bool in_order) {
  return fmt::format("plenum 1 {} {:020} {:d}\n", padded(boot), commit, in_order);
}

LastLife read_note(std::string_view note, const std::string& boot) {
  LastLife life;
  if (note.size() != note_length || note.substr(0, 9) != "plenum 1 ") return life;
  for (const char digit : note.substr(46, 20)) {
    if (digit < '0' || digit > '9') return life;
    life.commit = life.commit * 10 + (digit - '0');
  }
  life.known = true;
  life.same_boot = !boot.empty() && note.substr(9, boot_id_length) == padded(boot);
  life.in_order = note[67] == '1';
  return life;
}

Failure cannot(const std::string& path, const char* what) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("store: {} {}: {}", path, what, std::strerror(errno)),
                       "Check that the folder exists and that this user may write to it, or give another path."});
}

}  // namespace

Result<StoreLock> StoreLock::take(const std::string& store_path, std::string boot_id) {
  const std::string path = store_path + "-lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannot(path, "cannot be opened");
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    auto failure = cannot(path, "cannot be locked");
    ::close(fd);
    if (!held) return failure;
    return Failure(Error{ErrorCode::config_invalid,
                         fmt::format("store: another process uses {}; one file belongs to one server", store_path),
                         "Stop the other server, or give this one a file of its own with --store sqlite:PATH, or "
                         "--store memory."});
  }
  std::array<char, note_length + 1> note{};
  const ssize_t got = ::pread(fd, note.data(), note.size(), 0);
  const LastLife life = read_note({note.data(), static_cast<std::size_t>(got > 0 ? got : 0)}, boot_id);
  StoreLock lock(fd, std::move(boot_id), life);
  // On disk before anything else is: after a power failure an old note of order must not speak for this life.
  errno = lock.write(life.commit, false);
  if (errno != 0 || ::fdatasync(fd) != 0) return cannot(path, "cannot be written");
  return lock;
}

StoreLock::StoreLock(int fd, std::string boot_id, LastLife last_life)
    : fd_(fd), boot_id_(std::move(boot_id)), last_life_(last_life) {}

StoreLock::StoreLock(StoreLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), boot_id_(std::move(other.boot_id_)), last_life_(other.last_life_) {}

StoreLock::~StoreLock() {
  if (fd_ >= 0) ::close(fd_);
}

int StoreLock::write(std::int64_t commit, bool in_order) {
  const std::string note = note_of(boot_id_, commit, in_order);
  const ssize_t written = ::pwrite(fd_, note.data(), note.size(), 0);
  if (written == static_cast<ssize_t>(note.size())) return 0;
  return written < 0 ? errno : EIO;
}

int StoreLock::note_commit(std::int64_t commit) { return write(commit, false); }

void StoreLock::record_clean_shutdown(std::int64_t commit) {
  // Without the note the next process doubts, which costs readers an epoch and nothing else.
  if (write(commit, true) == 0) ::fdatasync(fd_);
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace plenum::storage
