// A server with a durable store on a disk that a test can make hang. Plain builds only: a sanitizer must be the first
// library of a process, and the one that stalls syncs would come before it.
#pragma once

#include <string>

#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

// Members of the stack in order: the directory and the upstream outlive the server.
struct StalledDisk {
  // err_is_stuck: as in ServerOptions.
  explicit StalledDisk(Settings settings = {}, bool err_is_stuck = false);
  ~StalledDisk();  // the disk works again, so that the server can stop

  // From now on no sync returns, until resume().
  void stall() const;
  void resume() const;
  // Waits until a sync is held.
  bool holds_a_sync() const;
  // Sends a submission and does not wait for its response.
  HttpConnection send_task(const std::string& task, const Headers& headers = {}) const;
  // Submits a task; throws unless the response is 202. Returns its id. model: m1 answers, m2 begins and does not end.
  std::string submit(const std::string& task, const std::string& model = "m1") const;

  TempDir dir;
  ScriptedUpstream upstream;
  ServerProcess server;
};

}  // namespace plenum::tests
