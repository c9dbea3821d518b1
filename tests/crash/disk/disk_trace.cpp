#include "tests/crash/disk/disk_trace.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/support/failure.h"

namespace plenum::tests {

std::vector<DiskOp> read_disk_trace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Failure("there is no trace " + path);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  std::vector<DiskOp> ops;
  for (std::size_t at = 0; at + sizeof(DiskRecordHead) <= all.size();) {
    DiskRecordHead head;
    std::memcpy(&head, all.data() + at, sizeof head);
    if (head.magic != DiskRecordHead::sign) throw Failure("no record of a trace at byte " + std::to_string(at));
    at += sizeof head;
    if (head.size > all.size() || at + head.name_size + head.size > all.size()) break;
    ops.push_back({head.kind, head.directory != 0, head.thread, all.substr(at, head.name_size), head.offset,
                   all.substr(at + head.name_size, head.size)});
    at += head.name_size + head.size;
  }
  return ops;
}

TraceMarks::TraceMarks(const std::string& path)
    : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (fd_ < 0) throw Failure("cannot write the trace " + path);
}

TraceMarks::~TraceMarks() { close(fd_); }

void TraceMarks::add(std::string_view text) {
  DiskRecordHead head;
  head.size = text.size();
  iovec parts[] = {{&head, sizeof head}, {const_cast<char*>(text.data()), text.size()}};
  if (writev(fd_, parts, 2) != static_cast<ssize_t>(sizeof head + text.size()))
    throw Failure("cannot add to the trace");
}

}  // namespace plenum::tests
