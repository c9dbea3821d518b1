#include "server/storage/sqlite/writer/failure_recovery.h"

#include <utility>

namespace plenum::storage {

void FailureRecovery::on_failure(UncertainCommit uncertain) {
  uncertain_ = std::move(uncertain);
  // After a failed sync the kernel may report pages as clean that were never written: nothing that this connection
  // reports can be trusted. Source: "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
  reopen_ = true;
  retry_at_ = clock_.steady() + retry_interval_;
}

void FailureRecovery::hold(std::vector<AppendBatch> batches) {
  for (AppendBatch& batch : batches) held_.push_back(std::move(batch));
}

std::optional<PendingWork> FailureRecovery::retry(WriterConnection& connection, TransactionWriter& transaction,
                                                  std::vector<AppendBatch>& durable) {
  PendingWork work;
  work.sync = true;
  try {
    resolve(connection, transaction, durable, work);
  } catch (const SqliteFault&) {
    retry_at_ = clock_.steady() + retry_interval_;
    return std::nullopt;
  }
  if (uncertain_) work.batches = std::move(uncertain_->batches);
  uncertain_.reset();
  for (AppendBatch& batch : held_) work.batches.push_back(std::move(batch));
  held_.clear();
  return work;
}

void FailureRecovery::resolve(WriterConnection& connection, TransactionWriter& transaction,
                              std::vector<AppendBatch>& durable, PendingWork& work) {
  if (reopen_) connection.reopen();
  reopen_ = false;
  if (!uncertain_ || !connection.tables().has_journal(uncertain_->commit)) return;
  // The failed transaction is committed: its frames must not be written twice, and its changes, which were reported as
  // failed, must be reverted.
  transaction.apply_commit(uncertain_->appends);
  durable = std::move(uncertain_->batches);
  for (const Change& undo : uncertain_->undos) {
    PendingChange change;
    change.change = change.undo = undo;
    work.changes.push_back(std::move(change));
  }
  uncertain_.reset();
}

}  // namespace plenum::storage
