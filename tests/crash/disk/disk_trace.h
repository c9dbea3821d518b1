// The record that tests/crash/disk/disk_shim.cpp keeps of what a program does to the files below one directory, and
// that the test adds to what it has seen meanwhile. Records are appended whole, so their order in the file is the order
// in which things had happened by then. The layout is that of this machine: a trace is read where it was written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::tests {

enum class DiskOpKind : std::uint8_t {
  create,      // a name appears, empty
  write,       // bytes at an offset
  truncate,    // to the size in offset; longer files grow by zeros
  sync_begin,  // what was written before it is durable once the same thread's sync has succeeded
  sync_done,
  sync_failed,
  unlink,
  rename,  // bytes: the new name
  marker,  // bytes: something that a client had seen
  fault,   // bytes: the call that was made to fail
};

// Stands before name and bytes of each record.
struct DiskRecordHead {
  static constexpr std::uint32_t sign = 0x6b736944;
  std::uint32_t magic = sign;
  DiskOpKind kind = DiskOpKind::marker;
  std::uint8_t directory = 0;  // of syncs: it is a directory
  std::uint16_t name_size = 0;
  std::uint32_t thread = 0;
  std::uint32_t reserved = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct DiskOp {
  DiskOpKind kind = DiskOpKind::marker;
  bool directory = false;
  std::uint32_t thread = 0;
  std::string name;  // relative to the directory; "." is the directory itself
  std::uint64_t offset = 0;
  std::string bytes;
};

// The operations of a trace, in order; a record truncated at the end is omitted. Throws Failure if it is no trace.
std::vector<DiskOp> read_disk_trace(const std::string& path);

// Adds markers to a trace that others write at the same time. One thread.
class TraceMarks {
 public:
  explicit TraceMarks(const std::string& path);  // throws Failure
  ~TraceMarks();
  TraceMarks(const TraceMarks&) = delete;
  TraceMarks& operator=(const TraceMarks&) = delete;
  void add(std::string_view text);

 private:
  int fd_;
};

}  // namespace plenum::tests
