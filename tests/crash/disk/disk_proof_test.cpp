#include "tests/crash/disk/disk_proof.h"

#include <doctest/doctest.h>

#include "tests/support/deadline.h"

namespace plenum::tests {

namespace {

// A sanitizer wants to be loaded before everything else, and so does the shim.
const auto skipped = doctest::skip(sanitized());

}  // namespace

TEST_CASE("what clients received is on the disk after a power failure" * skipped) {
  const DiskRecord record = record_disk_work({.seed = 1});
  for (const std::string& finding : record.findings) FAIL_CHECK(finding);
  const CutReport report = judge_cuts(record.trace, 1, 10, 20);
  INFO(report.text());
  CHECK(report.findings.empty());
  CHECK(report.durable_events > 10);
}

TEST_CASE("a store whose syncs do nothing is found out by a power loss" * skipped) {
  DiskRecord record = record_disk_work({.seed = 2, .lives = 1});
  // Behind the middle no sync is a sync any more.
  for (std::size_t i = record.trace.size() / 2; i < record.trace.size(); ++i) {
    DiskOp& op = record.trace[i];
    if (op.kind == DiskOpKind::sync_begin || op.kind == DiskOpKind::sync_done) op = DiskOp{};
  }
  DiskModel model(2);
  SeenByClients seen;
  for (const DiskOp& op : record.trace) {
    model.apply(op);
    seen.add(op);
  }
  CHECK_FALSE(judge_disk(model.after_power_loss(DiskModel::Loss::everything_unsynced), seen).empty());
}

TEST_CASE("a disk that fails once never makes the server crash or promise what is not there" * skipped) {
  for (const char* fault : {"sync:30:EIO", "sync:45:EIO", "write:300:EIO", "write:400:ENOSPC", "any:500:EIO",
                            "write@-lock:2:EIO", "write@-lock:9:EIO"}) {
    CAPTURE(fault);
    const FaultReport report = judge_fault(fault, 1, 700);
    for (const std::string& finding : report.findings) FAIL_CHECK(finding);
    CHECK(report.met);
    CHECK(report.started);
  }
}

TEST_CASE("a disk that fails while the server starts prevents the start, or costs nothing" * skipped) {
  for (const char* fault : {"sync:1:EIO", "sync:5:EIO", "sync:11:EIO", "write:20:ENOSPC"}) {
    CAPTURE(fault);
    const FaultReport report = judge_fault(fault, 1, 300);
    for (const std::string& finding : report.findings) FAIL_CHECK(finding);
    CHECK(report.met);
  }
}

TEST_CASE("a disk that stays full never makes the server crash or promise what is not there" * skipped) {
  const FaultReport report = judge_fault("write:300+:ENOSPC", 1, 700);
  for (const std::string& finding : report.findings) FAIL_CHECK(finding);
  CHECK(report.met);
  CHECK(report.started);
}

}  // namespace plenum::tests
