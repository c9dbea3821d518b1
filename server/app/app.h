// The whole server: builds every part in order, stops them in reverse.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "server/app/module_options.h"
#include "server/config/config.h"
#include "server/core/event_store.h"
#include "server/http/server/http_server.h"
#include "server/provider/provider_set.h"
#include "server/provider/registry.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/event_loop_group.h"
#include "server/runtime/thread_pool.h"
#include "server/stream/stream_manager.h"
#include "server/task/task_service.h"
#include "server/workflow/catalog/catalog_watcher.h"
#include "server/workflow/planning/task_planner.h"

namespace plenum::app {

// Only the thread that built it.
class App {
 public:
  // Reads keys, wipes them from the environment, and reads workflows; nothing runs yet. From here on no
  // line of the log holds a key. Opens the store. Fails with config_invalid or workflow_invalid.
  static Result<std::unique_ptr<App>> build(const config::Config& config);
  ~App();

  // Takes up what an earlier process left unfinished, listens and serves; returns the URL under which the server is
  // reached.
  Result<std::string> start();
  // Reads the files of workflows_dir anew, in the background; the log says what came of it.
  void read_workflows_again();
  // Takes no more tasks and tells every reader to come back later. Returns when all runs have ended and
  // all readers have left, when the window is over, or as soon as `hurry` says so.
  void drain(const std::function<bool(milliseconds wait)>& hurry);
  // False while the system is still looking up a name or reading a file, which nothing can interrupt:
  // destroying the app would wait for it.
  bool can_end_now() const { return lookups_.idle() && (!watch_ || watch_->idle()); }
  // Ends what still runs and stops every thread. Called by the destructor if need be.
  void stop();

 private:
  App(const config::Config& config, provider::Registry registry, workflow::Catalog catalog);
  void tidy_every(std::chrono::seconds period);
  bool quiet() const;
  bool goes_on_later() const;

  // In the order in which they are built; destroyed in reverse.
  const AppOptions options_;
  SystemClock clock_;
  const provider::Registry registry_;
  provider::ProviderLimitsSet gates_;
  const redaction::Scrubber scrubber_;
  workflow::TaskPlanner planner_;
  runtime::EventLoopGroup loops_;
  runtime::ThreadPool lookups_;
  provider::DnsLookupPool names_;
  std::vector<std::unique_ptr<provider::ProviderSet>> providers_;  // one for each loop
  Result<std::unique_ptr<core::EventStore>> store_;                // null: memory alone
  stream::StreamManager streams_;
  task::TaskService tasks_;
  runtime::ThreadPool tidying_;                                 // what may wait for the disk
  std::vector<std::unique_ptr<http::Broadcaster>> deliveries_;  // one for each loop
  std::unique_ptr<http::HttpServer> door_;
  std::unique_ptr<workflow::CatalogWatcher> watch_;  // null without a directory of workflows
  bool running_ = false;
};

}  // namespace plenum::app
