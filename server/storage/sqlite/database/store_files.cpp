#include "server/storage/sqlite/database/store_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace plenum::storage {
namespace {

constexpr std::array<std::string_view, 2> companion_suffixes{"-wal", "-shm"};
constexpr std::string_view restart = "Restart the server, and change files of the store only while it is stopped.";
constexpr std::string_view put_back =
    "Move the file back to its path, or restart the server. Change files of the store only while it is stopped.";

Failure unusable_file(const std::string& cause, std::string remedy) {
  return Failure(Error{ErrorCode::config_invalid, "store: " + cause, std::move(remedy)});
}

SqliteFault moved(const std::string& path, const char* what, std::string_view remedy) {
  return {SQLITE_IOERR, fmt::format("{} {}", path, what), 0, std::string(remedy)};
}

FileId id_of(const struct stat& file) { return {file.st_dev, file.st_ino}; }

std::optional<FileId> id_of_descriptor(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) return std::nullopt;
  return id_of(file);
}

}  // namespace

Result<StoreFiles> StoreFiles::open(const std::string& path, int lock_fd) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd < 0) {
    return unusable_file(fmt::format("{} cannot be opened: {}", path, std::strerror(errno)),
                         "Check that this user may read and write the file, or give another path.");
  }
  StoreFiles files(path, fd, lock_fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return unusable_file("another process uses " + path,
                         "Stop the other server, which may use the file under another name, or use another file with "
                         "--store sqlite:PATH, or --store memory.");
  }
  if (const auto fault = files.check()) return unusable_file(fault->message, fault->remedy);
  files.forget_companions();
  return files;
}

StoreFiles::StoreFiles(std::string path, int fd, int lock_fd) : path_(std::move(path)), fd_(fd), lock_fd_(lock_fd) {}

StoreFiles::StoreFiles(StoreFiles&& other) noexcept
    : path_(other.path_), fd_(std::exchange(other.fd_, -1)), lock_fd_(other.lock_fd_), companions_(other.companions_) {}

StoreFiles::~StoreFiles() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<SqliteFault> StoreFiles::check() {
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0) return moved(path_, "was removed or moved away", put_back);
  if (id_of(found) != id_of_descriptor(fd_)) return moved(path_, "was replaced by another file", restart);
  if (found.st_nlink > 1) {
    return moved(path_, "has a second name (a hard link)", "Remove the other name; make copies of the file instead.");
  }
  const std::string lock = path_ + "-lock";
  if (::stat(lock.c_str(), &found) != 0 || id_of(found) != id_of_descriptor(lock_fd_)) {
    return moved(lock, "was removed or replaced", restart);
  }
  for (std::size_t i = 0; i < companions_.size(); ++i) {
    if (auto fault = check_companion(i)) return fault;
  }
  return std::nullopt;
}

std::optional<SqliteFault> StoreFiles::check_companion(std::size_t index) {
  const std::string path = path_ + std::string(companion_suffixes[index]);
  struct stat found {};
  const bool exists = ::stat(path.c_str(), &found) == 0;
  auto& known = companions_[index];
  if (!known && exists) known = id_of(found);
  if (!known || (exists && *known == id_of(found))) return std::nullopt;
  return moved(path, "was removed or replaced", restart);
}

}  // namespace plenum::storage
