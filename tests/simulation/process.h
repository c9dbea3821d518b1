// One life of the server in a simulation: its modules above the sockets, on one event loop that the simulation runs
// step by step. One thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/http/handlers/handler_context.h"
#include "server/http/routing/router.h"
#include "server/http/sse/broadcaster.h"
#include "server/task/task_service.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/random.h"
#include "tests/simulation/sim_models.h"
#include "tests/simulation/sim_store.h"
#include "tests/support/manual_clock.h"

namespace plenum::simulation {

class Process {
 public:
  // Recovers what the life before it left on the disk. All must outlive it.
  Process(Disk& disk, tests::ManualClock& clock, Ledger& ledger, std::uint64_t seed);
  ~Process();  // as a kill: nothing more reaches the disk
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Executes a request up to its response, which is never deferred, or to a subscription.
  http::HandlerResult request(http::Method method, std::string path, std::string body = {},
                              std::vector<std::pair<std::string, std::string>> headers = {});
  // Attaches a socket to the stream, unless the response is another one.
  std::optional<http::Response> subscribe(int fd, http::StreamHandoff handoff);
  void turn() { loop().run_once(milliseconds(0)); }
  // What a thread of the server does every few seconds.
  void clean_up();
  runtime::EventLoop& loop() { return loops_.at(0); }
  SimStore& store() { return store_; }
  SimModels& models() { return models_; }
  stream::StreamManager& streams() { return streams_; }
  std::size_t subscribers() const { return broadcaster_.subscribers(); }

 private:
  tests::ManualClock& clock_;
  runtime::EventLoopGroup loops_;
  SimStore store_;
  SimDirectory directory_;
  SimModels models_;
  workflow::CurrentCatalog catalog_;
  workflow::TaskPlanner planner_;
  stream::StreamManager streams_;
  task::TaskService tasks_;
  http::Broadcaster broadcaster_;
  http::OriginPolicy policy_;
  http::HandlerContext context_;
  http::Router router_;
};

}  // namespace plenum::simulation
