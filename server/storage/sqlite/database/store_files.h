// The identity of the files of a store: the database file itself is held with flock(2), and every check compares the
// paths with the files that were opened. `<store>-lock` cannot do either: under a second name of the file (a hard link)
// there is a second lock file, and after a removal or a replacement the paths name other files than those in use.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "server/storage/sqlite/database/connection.h"

namespace plenum::storage {

// A file as the system knows it, whatever its name.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

// Any other descriptor of the database file must not be closed while SQLite has it open: that drops SQLite's own locks
// (fcntl(2), "record locks"). So this object is constructed before the first connection and destroyed after the last
// one. Not thread-safe: its owner only.
class StoreFiles {
 public:
  // Creates the database file if necessary, readable for its owner only. Fails with config_invalid while another
  // process holds it, and if it has a second name. lock_fd: of the lock file; not owned.
  static Result<StoreFiles> open(const std::string& path, int lock_fd);
  StoreFiles(StoreFiles&& other) noexcept;
  StoreFiles& operator=(StoreFiles&&) = delete;
  ~StoreFiles();

  // Why the files at the paths are no longer those in use; absent: they are. What was written since the last check may
  // be in a file that the next process does not find. Costs one stat(2) per file.
  std::optional<SqliteFault> check();
  // Before the connection is opened again: SQLite may create new companions.
  void forget_companions() { companions_ = {}; }

 private:
  StoreFiles(std::string path, int fd, int lock_fd);
  std::optional<SqliteFault> check_companion(std::size_t index);

  const std::string path_;
  int fd_;
  const int lock_fd_;
  std::array<std::optional<FileId>, 2> companions_;  // the write-ahead log and its index, since they were seen
};

}  // namespace plenum::storage
