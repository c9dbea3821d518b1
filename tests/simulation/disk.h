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
  // Frames that were committed without a sync may be gone: `keep(id, synced, all)` returns how many of each log remain.
  template <class F>
  void lose_power(F&& keep) {
    may_have_lost = true;
    for (auto& [id, task] : tasks) {
      if (!task.task.finished_at) task.frames.resize(keep(task.synced, task.frames.size()));
    }
  }
};

// The log of a task as the port has it.
core::StoredStream stored_stream(const DiskTask& task, bool complete);

}  // namespace plenum::simulation
