#include "client/settings/left_hints.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "common/files/file_reader.h"

namespace plenum::client {
namespace {

constexpr std::size_t hints_bytes_max = std::size_t{64} << 10;

std::string file_in(const std::string& directory) { return directory + "/left-tasks"; }

}  // namespace

void store_hint(const std::string& directory, const std::string& command) {
  if (directory.empty()) return;
  ::mkdir(directory.c_str(), 0700);
  const int fd = ::open(file_in(directory).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  const std::string line = command + '\n';
  (void)!::write(fd, line.data(), line.size());  // one write: several terminals may close at once
  ::close(fd);
}

std::vector<std::string> take_hints(const std::string& directory) {
  std::vector<std::string> hints;
  if (directory.empty()) return hints;
  const std::string file = file_in(directory), taken = file + "." + std::to_string(::getpid());
  // Renamed first: only one of several commands shows them.
  if (::rename(file.c_str(), taken.c_str()) != 0) return hints;
  const Result<std::string> text = read_file(taken, taken, {.bytes_max = hints_bytes_max});
  ::unlink(taken.c_str());
  std::istringstream lines(text.value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) hints.push_back(line);
  }
  return hints;
}

}  // namespace plenum::client
