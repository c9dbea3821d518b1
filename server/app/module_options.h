// The options of each module, from the settings: one function per module. The only file that reads Config;
// tests/unit/app checks every row of the settings table. Pure; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "server/config/config.h"
#include "server/http/server/http_server_options.h"
#include "server/http/sse/broadcaster.h"
#include "server/provider/limits/circuit_breaker.h"
#include "server/provider/model_lister.h"
#include "server/provider/provider_set.h"
#include "server/provider/registry.h"
#include "server/redaction/scrubber.h"
#include "server/storage/memory/cache.h"
#include "server/storage/memory/log.h"
#include "server/storage/sqlite/store.h"
#include "server/stream/stream_manager.h"
#include "server/task/task_service.h"

namespace plenum::app {

// Options of App.
struct AppOptions {
  std::string listen;
  unsigned loops = 1;
  std::size_t memory_max = 0;  // in bytes
  milliseconds shutdown_grace{0};
  milliseconds idle_exit{0};  // 0: never
  std::string workflows_dir;  // empty: built-in workflows only
  std::string prices_file;    // empty: the built-in prices
  task::OnRestart on_restart = task::OnRestart::resume;
};

struct LogOptions {
  std::string level;
  bool json = false;
};

AppOptions app_options(const config::Config& config);
LogOptions log_options(const config::Config& config);

stream::ManagerOptions manager_options(const config::Config& config, const redaction::Scrubber& scrubber);
storage::MemoryLogOptions memory_log_options(const config::Config& config);
storage::MemoryCacheOptions cache_options(const config::Config& config);
// Nothing if similar tasks are not answered from the cache.
std::optional<workflow::SimilarityOptions> similarity_options(const config::Config& config);
// Without boot_id. `variable`: as getenv; it determines the default file. Only with the SQLite store.
storage::SqliteStoreOptions sqlite_options(const config::Config& config,
                                           const std::function<const char*(const char*)>& variable);

// Without a seed: each loop has its own.
provider::ProviderSetOptions provider_options(const config::Config& config, const redaction::Scrubber& scrubber);
provider::ModelListerOptions model_lister_options(const redaction::Scrubber& scrubber);
provider::RegistryOptions registry_options(const config::Config& config);
provider::CircuitBreakerOptions breaker_options(const config::Config& config);

// Without a cache.
workflow::PlannerOptions planner_options(const config::Config& config);
task::TaskServiceOptions task_options(const config::Config& config, const redaction::Scrubber& scrubber);

http::BroadcasterOptions broadcaster_options(const config::Config& config, const redaction::Scrubber& scrubber);
http::HttpServerOptions http_server_options(const config::Config& config, const redaction::Scrubber& scrubber);

}  // namespace plenum::app
