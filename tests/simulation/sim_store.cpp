#include "tests/simulation/sim_store.h"

#include <algorithm>
#include <utility>

namespace plenum::simulation {
namespace {

Error disk_failed() { return {ErrorCode::store_unavailable, "The simulated disk fails.", "Wait."}; }

}  // namespace

void SimStore::commit(std::size_t appends_max) {
  for (; !failing_ && appends_max > 0 && !pending_.empty(); --appends_max) {
    core::FrameAppend append = std::move(pending_.front());
    pending_.pop_front();
    disk_.append(append);
    if (append.on_durable) loop_.post(std::move(append.on_durable));
  }
}

void SimStore::end_process(std::size_t committed_silently) {
  for (std::size_t i = 0; i < committed_silently && i < pending_.size(); ++i) disk_.append(pending_[i]);
  pending_.clear();
}

Result<void> SimStore::accept(const core::StoredTask& task, const std::optional<core::KeyedResponse>& response) {
  if (failing_) return Failure(disk_failed());
  disk_.tasks[task.id].task = task;
  disk_.order.push_back(task.id);
  if (response) disk_.keys[response->key] = *response;
  for (auto& [id, stored] : disk_.tasks) stored.synced = stored.frames.size();
  return {};
}

Result<void> SimStore::request_cancel(const StreamId& id) {
  if (failing_) return Failure(disk_failed());
  if (const auto found = disk_.tasks.find(id); found != disk_.tasks.end()) found->second.task.cancel_requested = true;
  return {};
}

Result<void> SimStore::remove(const std::vector<StreamId>& ids, WallTime, core::Removal) {
  if (failing_) return Failure(disk_failed());
  for (const StreamId& id : ids) disk_.remove(id);
  return {};
}

void SimStore::touch(std::vector<std::pair<StreamId, WallTime>> accesses) {
  if (failing_) return;
  for (const auto& [id, time] : accesses) {
    if (const auto found = disk_.tasks.find(id); found != disk_.tasks.end()) found->second.task.used_at = time;
  }
}

Result<core::StoredStream> SimStore::load(const StreamId& id) const {
  const auto found = disk_.tasks.find(id);
  if (found == disk_.tasks.end() || !found->second.task.finished_at) {
    return Failure(disk_.removed.count(id) > 0 ? core::stream_gone() : core::no_such_stream());
  }
  return stored_stream(found->second, true);
}

Result<std::vector<core::StoredTask>> SimStore::list(const core::TaskQuery& query) const {
  std::vector<core::StoredTask> tasks;
  for (auto id = disk_.order.rbegin(); id != disk_.order.rend() && tasks.size() < query.limit; ++id) {
    tasks.push_back(disk_.tasks.at(*id).task);
  }
  return tasks;
}

Result<std::vector<StreamId>> SimStore::expired(WallTime now, std::size_t limit) const {
  std::vector<StreamId> ids;
  for (const auto& [id, stored] : disk_.tasks) {
    const bool is_old = stored.task.finished_at && stored.task.used_at + stored.task.retention <= now;
    if (is_old && ids.size() < limit) ids.push_back(id);
  }
  return ids;
}

Result<std::optional<core::KeyedResponse>> SimStore::find_idempotent_response(const std::string& key) const {
  const auto found = disk_.keys.find(key);
  return found == disk_.keys.end() ? std::nullopt : std::optional(found->second);
}

Result<std::vector<core::StoredStream>> SimStore::load_unfinished() {
  std::vector<core::StoredStream> unfinished;
  for (const StreamId& id : disk_.order) {
    const DiskTask& stored = disk_.tasks.at(id);
    if (!stored.task.finished_at) unfinished.push_back(stored_stream(stored, !disk_.may_have_lost));
  }
  disk_.may_have_lost = false;
  return unfinished;
}

Result<void> SimStore::replace(const core::StoredStream& stream) {
  DiskTask& stored = disk_.tasks[stream.task.id];
  stored.task = stream.task;
  stored.frames.clear();
  core::each_frame(stream.parts, [&](std::uint64_t, std::string_view frame) { stored.frames.emplace_back(frame); });
  stored.synced = stored.frames.size();
  return {};
}

}  // namespace plenum::simulation
