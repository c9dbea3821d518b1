// What a disk may hold after the power has gone, for a program whose file operations were recorded.
// The model is as unkind as POSIX allows: of what was written and not synced, any part may be there, in any order,
// the last of it torn between sectors; a name is there for certain once its directory was synced; and what was
// unsynced when a sync failed may never get to the disk, even if a later sync succeeds (the kernel marks such pages
// clean: "fsyncgate", PostgreSQL wiki, 2018).
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/disk/disk_trace.h"

namespace plenum::tests {

// What a rebuilt directory holds: bytes by name.
using DiskImage = std::map<std::string, std::string>;

class DiskModel {
 public:
  explicit DiskModel(std::uint64_t seed) : random_(seed) {}

  // The next operation has been made. Markers change nothing.
  void apply(const DiskOp& op);

  enum class Loss : std::uint8_t { everything_unsynced, by_chance };
  // What may be there if the power goes now.
  DiskImage after_power_loss(Loss loss);
  // What every program on the machine sees now.
  DiskImage as_seen() const;

  static constexpr std::size_t sector = 512;

 private:
  struct Change {
    bool truncates = false;
    std::uint64_t offset = 0;  // or the size
    std::string bytes;
    bool doomed = false;  // a sync failed while it waited
  };
  struct File {
    std::string durable, seen;
    std::vector<Change> waiting;                     // not synced, in order
    std::map<std::uint32_t, std::size_t> sync_from;  // by thread: how many of them its sync is about
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;
  // One change of names that its directory was not synced after.
  struct NameChange {
    std::string name;
    std::shared_ptr<File> file;  // null: the name goes
  };

  void change_name(const std::string& name, std::shared_ptr<File> file);
  void sync_names(const std::string& directory);
  void finish_sync(File& file, std::uint32_t thread, bool well);
  static void make(const Change& change, std::size_t bytes, std::string& content);

  Names seen_, durable_;
  std::vector<NameChange> waiting_;
  std::mt19937_64 random_;
};

void write_image(const DiskImage& image, const std::string& directory);

}  // namespace plenum::tests
