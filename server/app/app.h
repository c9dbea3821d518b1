// The server: constructs every module in order, and stops them in reverse.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "server/app/idle_monitor.h"
#include "server/app/memory_trimmer.h"
#include "server/app/module_options.h"
#include "server/app/process.h"
#include "server/app/stop_guard.h"
#include "server/config/config.h"
#include "server/core/event_store.h"
#include "server/http/server/http_server.h"
#include "server/provider/model_lister.h"
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
  // Reads keys, wipes them from the environment, reads workflows and opens the store; no thread serves yet. From here
  // on keys are redacted in the log. Fails with config_invalid or workflow_invalid. stop: must outlive the App.
  static Result<std::unique_ptr<App>> build(const config::Config& config, StopGuard& stop);
  ~App();

  // Resumes what an earlier process left unfinished, listens and serves. Returns the URL of the server.
  Result<std::string> start();
  // Blocks until the process must stop: on SIGTERM or SIGINT, or when the server was unused for `idle_exit_ms`. Reloads
  // on SIGHUP.
  void wait_for_end();
  // Rejects new tasks and disconnects all subscribers within the grace period. Returns when all runs have ended and all
  // subscribers are gone, at the end of the grace period, or on a second stop signal.
  void drain();
  // False while a DNS lookup or a file read is running, which cannot be interrupted: the destructor would wait for it.
  bool can_end_now() const { return dns_threads_.idle() && (!catalog_watcher_ || catalog_watcher_->idle()); }
  // Ends the remaining runs and stops every thread. Called by the destructor if necessary.
  void stop();

 private:
  App(const config::Config& config, StopGuard& stop, provider::Registry registry, workflow::Catalog catalog);
  std::vector<std::unique_ptr<provider::ProviderSet>> build_providers(const config::Config& config);
  task::TaskServiceOptions task_options_of(const config::Config& config);
  stream::ManagerOptions manager_options_of(const config::Config& config);
  void build_broadcasters(const config::Config& config);
  std::string_view store_name() const;
  // Reads the price file again, and in the background the files of workflows_dir; the results are logged.
  void reload();
  void reload_prices();
  void reload_workflows();
  void clean_up_every(std::chrono::seconds period);
  bool is_idle() const;
  ServerActivity activity() const;
  bool runs_resume_later() const;

  // In the order of construction; destroyed in reverse.
  const AppOptions options_;
  SystemClock clock_;
  StopGuard& stop_;  // set once; its wake-up is also notified after the end of the last run, and of the last subscriber
  const std::shared_ptr<runtime::MemoryBudget> memory_;
  const provider::Registry registry_;
  provider::ProviderLimitsSet limits_;
  const redaction::Scrubber scrubber_;
  workflow::CurrentCatalog catalog_;
  runtime::EventLoopGroup loops_;
  runtime::ThreadPool dns_threads_;
  provider::DnsLookupPool dns_lookups_;
  std::vector<std::unique_ptr<provider::ProviderSet>> providers_;  // one per loop
  provider::ModelLister model_lister_;
  const provider::LiveDirectory directory_;
  workflow::TaskPlanner planner_;
  Result<std::unique_ptr<core::EventStore>> store_;  // null: memory only
  std::shared_ptr<storage::MemoryCache> cache_;      // null: disabled
  stream::StreamManager streams_;
  task::TaskService tasks_;
  MemoryTrimmer trimmer_;                                         // cleanup thread only
  runtime::ThreadPool cleanup_;                                   // waits for the disk
  std::vector<std::unique_ptr<http::Broadcaster>> broadcasters_;  // one per loop
  std::unique_ptr<http::HttpServer> server_;
  std::unique_ptr<workflow::CatalogWatcher> catalog_watcher_;  // null without workflows_dir
  bool running_ = false;
};

}  // namespace plenum::app
