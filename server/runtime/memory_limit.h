// The memory that this process may use: the limit of its control group, or that of the machine.
// Sources: Linux, Documentation/admin-guide/cgroup-v2.rst (memory.max), cgroup-v1/memory.rst (memory.limit_in_bytes),
// proc(5) (meminfo, pid/cgroup).
#pragma once

#include <cstddef>
#include <string>

namespace plenum::runtime {

// The least limit that the control groups of this process set, their parents included, and the size of the machine. 0
// if nothing can be read. root: prefix of all paths, for tests. Any thread; reads files.
std::size_t usable_memory(const std::string& root = {});

}  // namespace plenum::runtime
