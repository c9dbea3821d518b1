// What the writer holds while the disk fails, and what it writes first when the disk works again: nothing that was
// accepted is lost, and nothing is written twice. docs/event-log.md, "Disk failures".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "server/storage/sqlite/writer/commit_queue.h"
#include "server/storage/sqlite/writer/transaction_writer.h"
#include "server/storage/sqlite/writer/writer_connection.h"

namespace plenum::storage {

// A transaction that failed: it may be committed all the same.
struct UncertainCommit {
  std::int64_t commit = 0;
  std::vector<AppendBatch> batches;
  StreamAppends appends;
  std::vector<Change> undos;  // of the changes that were rejected with it
};

// Writer thread only.
class FailureRecovery {
 public:
  FailureRecovery(const Clock& clock, milliseconds retry_interval) : clock_(clock), retry_interval_(retry_interval) {}

  // A transaction or a checkpoint failed.
  void on_failure(UncertainCommit uncertain);
  // Batches that arrive while the disk fails wait in their order, so that no frame overtakes another.
  void hold(std::vector<AppendBatch> batches);
  SteadyTime retry_at() const { return retry_at_; }
  // Opens the file again and finds out whether the failed transaction is committed. If so, its frames are applied to
  // `transaction` and its batches moved to `durable`. Returns the work to write next; nothing if the disk still fails.
  std::optional<PendingWork> retry(WriterConnection& connection, TransactionWriter& transaction,
                                   std::vector<AppendBatch>& durable);

 private:
  void resolve(WriterConnection& connection, TransactionWriter& transaction, std::vector<AppendBatch>& durable,
               PendingWork& work);

  const Clock& clock_;                 // set once
  const milliseconds retry_interval_;  // set once
  std::optional<UncertainCommit> uncertain_;
  bool reopen_ = false;            // the connection is not reliable any more
  std::vector<AppendBatch> held_;  // arrived while the disk fails
  SteadyTime retry_at_{};
};

}  // namespace plenum::storage
