// Proves that what clients received is on the disk. A real server works under the disk shim while clients note in its
// trace what they have seen; then the files are rebuilt as a power loss may have left them, at moments of one's
// choice, the real server is started on them, and everything durable that had been seen before must be there.
// Durable are accepted tasks (with their key), chunk_completed and terminal events. Of other events only this much is
// required: an id that a client has seen never refers to another event.
// One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/disk/disk_model.h"
#include "tests/crash/disk/disk_trace.h"
#include "tests/crash/seen_by_clients.h"

namespace plenum::tests {

struct DiskWork {
  std::uint64_t seed = 1;
  int tasks = 40, at_once = 8;
  int lives = 2;  // all but the last end by kill -9 in the middle; so does the last
  int life_ms = 800;
  std::string fault{};  // as PLENUM_DISK_FAULT has it
};

// What the recorded server did, beside its trace.
struct DiskRecord {
  std::vector<DiskOp> trace;
  std::vector<std::string> findings;  // such as a server that crashed
  bool started = true;                // false: it refused to start, which a fault allows
};

// Records a server at work in a directory of its own. With a fault it may answer 5xx, end tasks in error or fail to
// start, but it must not crash.
DiskRecord record_disk_work(const DiskWork& work);

// The files as the next boot of the machine finds them: power does not come back within one. Whatever holds the id of
// this boot (proc(5), random/boot_id) gets another one.
DiskImage at_next_boot(DiskImage image);

// Starts the real server on the files and returns what is missing or wrong, one sentence each.
std::vector<std::string> judge_disk(const DiskImage& image, const SeenByClients& seen);

struct CutReport {
  std::vector<std::string> findings;
  std::uint64_t boundaries = 0, promises = 0, cuts = 0;  // judged
  std::uint64_t durable_events = 0;                      // of the whole trace
  std::string text() const;
};

// Judges the trace at sync boundaries and just behind promises, where everything unsynced is lost, and at random cuts,
// where it is lost by chance; at most so many of each, drawn with the seed. Stops at the tenth finding.
CutReport judge_cuts(const std::vector<DiskOp>& trace, std::uint64_t seed, std::size_t boundaries_max,
                     std::size_t cuts);

struct FaultReport {
  std::vector<std::string> findings;
  bool started = true;  // the server started
  bool met = false;     // the call came and failed
  std::uint64_t promises_after =
      0;  // what clients were promised behind the fault: 0 when the server did not recover in time
};

// One server at work for so long with one fault, then a power loss, and instead a mere crash: what is missing.
FaultReport judge_fault(const std::string& fault, std::uint64_t seed, int life_ms);

}  // namespace plenum::tests
