#include "tests/simulation/disk.h"

#include <algorithm>

#include "tests/simulation/broken_promise.h"

namespace plenum::simulation {

void Disk::append(const core::FrameAppend& append) {
  const auto found = tasks.find(append.id);
  if (found == tasks.end()) return;  // removed meanwhile
  DiskTask& stored = found->second;
  if (append.frames->first_seq != stored.frames.size() + 1) throw BrokenPromise("an append does not continue its log");
  if (stored.task.finished_at) throw BrokenPromise("an append follows the end of its task");
  for (std::size_t i = 0; i < append.frames->ends.size(); ++i) stored.frames.emplace_back(append.frames->frame(i));
  // A sync covers everything that was written before it.
  if (append.sync) {
    for (auto& [id, task] : tasks) task.synced = task.frames.size();
  }
  if (!append.ending) return;
  stored.task.status = append.ending->status;
  stored.task.finished_at = append.ending->at;
  stored.task.used_at = append.ending->at;
  stored.task.total_chunks = append.ending->total_chunks;
  stored.task.chunks_completed = append.ending->chunks_completed;
  stored.task.last_seq = stored.frames.size();
}

void Disk::remove(const StreamId& id) {
  tasks.erase(id);
  std::erase(order, id);
  std::erase_if(keys, [&](const auto& entry) { return entry.second.stream == id; });
  removed.insert(id);
}

core::StoredStream stored_stream(const DiskTask& task, bool complete) {
  core::StoredStream stream;
  stream.task = task.task;
  stream.complete = complete;
  if (task.frames.empty()) return stream;
  core::Frames frames;
  for (const std::string& frame : task.frames) {
    frames.bytes += frame;
    frames.ends.push_back(static_cast<std::uint32_t>(frames.bytes.size()));
  }
  stream.parts.push_back(std::move(frames));
  return stream;
}

}  // namespace plenum::simulation
