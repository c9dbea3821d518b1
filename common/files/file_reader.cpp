#include "common/files/file_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace plenum {
namespace {

std::string size_text(std::size_t bytes) {
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  if (bytes % 1024 != 0) return fmt::format("{} bytes", bytes);
  return bytes % mebibyte == 0 ? fmt::format("{} MiB", bytes / mebibyte) : fmt::format("{} KiB", bytes >> 10);
}

// Reads one open file. Not thread-safe.
class FileReading {
 public:
  FileReading(const std::string& path, std::string_view what, const ReadLimits& limits)
      : path_(path), what_(what), limits_(limits) {}
  ~FileReading() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileReading(const FileReading&) = delete;
  FileReading& operator=(const FileReading&) = delete;

  Result<std::string> read();

 private:
  Failure failure(std::string_view cause, std::string_view remedy, ErrorCode code = ErrorCode::usage) const {
    return Failure(Error{code, fmt::format("{} cannot be read: {}", what_, cause), std::string(remedy)});
  }
  Failure system_failure(int reason) const { return failure(std::strerror(reason), "Check its name and permissions."); }
  std::optional<Failure> open();
  std::optional<Failure> wait(milliseconds limit, const std::string& cause);

  const std::string& path_;
  const std::string_view what_;
  const ReadLimits& limits_;
  int fd_ = -1;
  bool is_pipe_ = false;
  bool closed_ = false;  // by its last writer
};

std::optional<Failure> FileReading::open() {
  // O_NONBLOCK: opening a named pipe must not wait for its writer. O_NOCTTY: a terminal must not become the controlling
  // one.
  fd_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd_ < 0) return system_failure(errno);
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return system_failure(errno);
  if (S_ISDIR(status.st_mode)) return failure("it is a directory", "Name a file.");
  is_pipe_ = S_ISFIFO(status.st_mode);
  return std::nullopt;
}

// Waits until a read makes sense. Nothing: it does.
std::optional<Failure> FileReading::wait(milliseconds limit, const std::string& cause) {
  pollfd events{fd_, POLLIN, 0};
  const int ready = ::poll(&events, 1, static_cast<int>(limit.count()));
  closed_ = ready > 0 && (events.revents & POLLIN) == 0;
  if (ready > 0) return std::nullopt;
  if (ready < 0) return failure("interrupted", "Run the same command to try again.", ErrorCode::cancelled);
  return failure(cause, "Start the program that writes to it, or name a file.");
}

Result<std::string> FileReading::read() {
  if (auto failed = open()) return *std::move(failed);
  std::string bytes;
  std::array<char, std::size_t{64} * 1024> piece{};
  while (true) {
    const ssize_t count = ::read(fd_, piece.data(), piece.size());
    std::optional<Failure> failed;
    if (count > 0) {
      bytes.append(piece.data(), static_cast<std::size_t>(count));
      if (bytes.size() <= limits_.bytes_max) continue;
      return failure(fmt::format("it has more than {}", size_text(limits_.bytes_max)), "Name a smaller file.");
    }
    if (count == 0) {
      // A pipe returns nothing before its first writer and after its last one.
      if (!is_pipe_ || !bytes.empty() || closed_) return bytes;
      failed = wait(limits_.writer_max, "it is a named pipe to which no program writes");
    } else if (errno == EAGAIN) {
      failed = wait(limits_.silence_max, fmt::format("nothing arrived for {} s", limits_.silence_max.count() / 1'000));
    } else if (errno != EINTR) {
      return system_failure(errno);
    }
    if (failed) return *std::move(failed);
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::string_view what, const ReadLimits& limits) {
  return FileReading(path, what, limits).read();
}

}  // namespace plenum
