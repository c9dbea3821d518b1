// What survives a process in a simulation: the tasks of the store, as they were last committed. A value.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/core/event_store.h"

namespace plenum::simulation {

struct DiskTask {
  core::StoredTask task;
  std::vector<std::string> frames;  // in order, from number 1
  std::size_t synced = 0;           // so many frames survive a power failure
};

struct Disk {
  std::vector<StreamId> order;  // of acceptance
  std::map<StreamId, DiskTask> tasks;
  std::map<std::string, core::KeyedResponse> keys;
  std::set<StreamId> removed;
  bool may_have_lost = false;  // the last process ended with a power failure

  void append(const core::FrameAppend& append);
  void remove(const StreamId& id);
  // What was committed without a sync may be gone: `keep(synced, all)` returns how many frames of a log remain. The end
  // of a task is committed with its last frame.
  template <class F>
  void lose_power(F&& keep) {
    may_have_lost = true;
    for (auto& [id, task] : tasks) {
      const std::size_t remaining = keep(task.synced, task.frames.size());
      if (remaining == task.frames.size()) continue;
      task.frames.resize(remaining);
      task.task.finished_at.reset();
      task.task.status = TaskStatus::running;
    }
  }
};

// The log of a task as the port has it.
core::StoredStream stored_stream(const DiskTask& task, bool complete);

}  // namespace plenum::simulation
