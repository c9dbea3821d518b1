#include "server/app/module_options.h"

#include "server/config/config_load.h"
#include "server/runtime/loops.h"

namespace plenum::app {

AppOptions app_options(const config::Config& config) {
  AppOptions options;
  options.listen = config.listen;
  options.loops = config.loops > 0 ? static_cast<unsigned>(config.loops) : runtime::usable_processors();
  options.drain = config.drain;
  options.workflows_dir = config.workflows_dir;
  options.on_restart = config.on_restart == "interrupt" ? task::OnRestart::interrupt : task::OnRestart::resume;
  return options;
}

LogOptions log_options(const config::Config& config) { return {config.log_level, config.log_format == "json"}; }

stream::ManagerOptions manager_options(const config::Config& config, const secret::Scrubber& scrubber) {
  stream::ManagerOptions options;
  options.streams_max = static_cast<std::size_t>(config.streams_max);
  options.running_max = static_cast<std::size_t>(config.running_max);
  options.log_bytes_max = static_cast<std::size_t>(config.log_bytes_max);
  options.stream.queue_events_max = static_cast<std::size_t>(config.queue_events_max);
  options.stream.scrubber = scrubber;
  const auto usual = config.store == "memory" ? seconds(3600) : seconds(30 * 24 * 3600);
  options.kept_for = config.task_life.count() > 0 ? std::chrono::ceil<seconds>(config.task_life) : usual;
  options.memory_life = std::chrono::ceil<seconds>(config.memory_life);
  return options;
}

storage::MemoryLogOptions memory_log_options(const config::Config& config) {
  return {.bytes_max = static_cast<std::size_t>(config.stream_bytes_max),
          .events_max = static_cast<std::uint64_t>(config.stream_events_max),
          .held_bytes_max = static_cast<std::size_t>(config.stream_memory_bytes_max)};
}

storage::MemoryCacheOptions cache_options(const config::Config& config) {
  return {.bytes_max = static_cast<std::size_t>(config.cache_bytes_max), .life = config.cache_life};
}

storage::SqliteStoreOptions sqlite_options(const config::Config& config,
                                           const std::function<const char*(const char*)>& variable) {
  storage::SqliteStoreOptions options;
  options.path = config::store_path(config.store, variable).value_or("");
  options.bytes_max = config.store_bytes_max;
  return options;
}

provider::ProviderSetOptions provider_options(const config::Config& config, const secret::Scrubber& scrubber) {
  provider::ProviderSetOptions options;
  options.transfer.ca_file = config.ca_file;
  options.offline.pace = config.offline_pace;
  options.scrubber = scrubber;
  return options;
}

provider::RegistryOptions registry_options(const config::Config& config) {
  provider::RegistryOptions options;
  options.connect_timeout = config.connect_timeout;
  options.first_token_timeout = config.first_token_timeout;
  options.idle_timeout = config.idle_timeout;
  options.prices = config.prices;
  return options;
}

provider::BreakerOptions breaker_options(const config::Config& config) {
  provider::BreakerOptions options;
  options.open = config.breaker_open;
  return options;
}

task::TaskServiceOptions task_options(const config::Config& config, const secret::Scrubber& scrubber) {
  task::TaskServiceOptions options;
  options.scrubber = scrubber;
  options.conversation_tokens = config.conversation_tokens;
  return options;
}

http::DeliveryOptions delivery_options(const config::Config& config, const secret::Scrubber& scrubber) {
  http::DeliveryOptions options;
  options.heartbeat = config.heartbeat;
  options.stuck_after = config.stuck_reader;
  options.store = config.store == "memory" ? "memory" : "sqlite";
  options.scrubber = scrubber;
  return options;
}

http::FrontDoorOptions door_options(const config::Config& config, const secret::Scrubber& scrubber) {
  http::FrontDoorOptions options;
  options.scrubber = scrubber;
  options.limits.body_bytes_max = static_cast<std::size_t>(config.body_bytes_max);
  options.gate.allowed_hosts = config.allowed_hosts;
  options.gate.allowed_origins = config.allowed_origins;
  options.heartbeat = config.heartbeat;
  options.head_timeout = config.head_timeout;
  options.body_timeout = config.body_timeout;
  options.reply_timeout = config.reply_timeout;
  options.keep_alive_idle = config.keep_alive_idle;
  options.connections_max = static_cast<std::size_t>(config.connections_max);
  options.connections_per_address_max = static_cast<std::size_t>(config.connections_per_address_max);
  options.request_threads = static_cast<unsigned>(config.request_threads);
  options.request_queue_max = static_cast<std::size_t>(config.request_queue_max);
  return options;
}

}  // namespace plenum::app
