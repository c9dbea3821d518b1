// A store over a simulated disk: commits and fails at the request of the simulation. One thread.
#pragma once

#include <deque>

#include "server/core/event_store.h"
#include "server/runtime/event_loop.h"
#include "tests/simulation/disk.h"

namespace plenum::simulation {

class SimStore final : public core::EventStore, public core::DurableWriter {
 public:
  enum class Acceptance : std::uint8_t { stored, rejected };

  // All must outlive the store.
  SimStore(Disk& disk, runtime::EventLoop& loop, const Clock& clock) : disk_(disk), loop_(loop), clock_(clock) {}

  // --- the simulation ---
  // Commits the oldest appends and reports them to their streams, unless the disk fails.
  void commit(std::size_t appends_max);
  std::size_t pending() const { return pending_.size(); }
  // While it fails, appends wait, and every other change is rejected.
  void set_failing(bool failing) { failing_ = failing; }
  bool failing() const { return failing_; }
  // The process ends: so many of the waiting appends reach the disk, without a report.
  void end_process(std::size_t committed_silently);

  // --- core::DurableWriter ---
  void append(core::FrameAppend append) override { pending_.push_back(std::move(append)); }

  // --- core::EventStore ---
  std::string_view name() const override { return "simulated"; }
  core::DurableWriter& durable_writer(unsigned) override { return *this; }
  Result<void> accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& response) override;
  Result<void> request_cancel(const StreamId& id) override;
  Result<void> remove(const std::vector<StreamId>& ids, WallTime gone_until, core::Removal removal) override;
  void touch(std::vector<std::pair<StreamId, WallTime>> accesses) override;
  Result<core::StoredStream> load(const StreamId& id) const override;
  Result<std::vector<core::StoredTask>> list(const core::TaskQuery& query) const override;
  Result<std::vector<StreamId>> expired(WallTime now, std::size_t limit) const override;
  Result<std::vector<StreamId>> over_quota(std::size_t) const override { return std::vector<StreamId>(); }
  Result<std::optional<core::KeyedResponse>> find_idempotent_response(const std::string& key) const override;
  Result<std::vector<Turn>> turns(const std::string&, std::size_t) const override { return std::vector<Turn>(); }
  Result<std::vector<core::StoredConversation>> conversations(const core::ConversationQuery&) const override {
    return std::vector<core::StoredConversation>();
  }
  Result<core::StoredConversation> conversation(const std::string&) const override {
    return Failure(core::no_such_conversation());
  }
  Result<std::vector<core::ConversationTask>> conversation_tasks(const core::ConversationTaskQuery&) const override {
    return std::vector<core::ConversationTask>();
  }
  Result<std::vector<std::string>> comparisons(const core::ComparisonQuery&) const override {
    return std::vector<std::string>();
  }
  Result<void> rename_conversation(const std::string&, const std::string&) override { return {}; }
  Result<std::vector<core::StoredStream>> load_unfinished() override;
  Result<void> replace(const core::StoredStream& stream) override;
  core::StoreState state() const override { return {!failing_, std::nullopt}; }

 private:
  Disk& disk_;                // set once
  runtime::EventLoop& loop_;  // set once
  const Clock& clock_;        // set once
  std::deque<core::FrameAppend> pending_;
  bool failing_ = false;
};

}  // namespace plenum::simulation
