#include "server/app/module_options.h"

#include "server/config/config_load.h"
#include "server/config/units.h"
#include "server/runtime/event_loop_group.h"
#include "server/runtime/memory_limit.h"

namespace plenum::app {
namespace {

// The rest is for the kernel, for code, and for what is not accounted for.
std::size_t memory_max_of(const config::Config& config) {
  if (config.memory_max > 0) return static_cast<std::size_t>(config.memory_max);
  const std::size_t usable = runtime::usable_memory();
  return usable > 0 ? usable / 4 * 3 : runtime::MemoryBudget::unlimited;
}

}  // namespace

AppOptions app_options(const config::Config& config) {
  AppOptions options;
  options.listen = config.listen;
  options.loops = config.event_loops > 0 ? static_cast<unsigned>(config.event_loops) : runtime::usable_processors();
  options.memory_max = memory_max_of(config);
  options.shutdown_grace = config.shutdown_grace;
  options.idle_exit = config.idle_exit;
  options.workflows_dir = config.workflows_dir;
  options.prices_file = config.prices_file;
  options.on_restart = config.on_restart == "interrupt" ? task::OnRestart::interrupt : task::OnRestart::resume;
  return options;
}

LogOptions log_options(const config::Config& config) { return {config.log_level, config.log_format == "json"}; }

stream::ManagerOptions manager_options(const config::Config& config, const redaction::Scrubber& scrubber) {
  stream::ManagerOptions options;
  options.streams_max = static_cast<std::size_t>(config.streams_max);
  options.running_tasks_max = static_cast<std::size_t>(config.running_tasks_max);
  options.event_memory_bytes_max = static_cast<std::size_t>(config.event_memory_bytes_max);
  options.stream.queue_events_max = static_cast<std::size_t>(config.queue_events_max);
  options.stream.scrubber = scrubber;
  const bool in_memory = config::store_kind(config.store) == core::StoreKind::memory;
  options.memory_ttl = std::chrono::ceil<seconds>(config.memory_ttl);
  options.retention = in_memory ? options.memory_ttl : std::chrono::ceil<seconds>(config.task_retention);
  return options;
}

storage::MemoryLogOptions memory_log_options(const config::Config& config) {
  return {.bytes_max = static_cast<std::size_t>(config.stream_bytes_max),
          .events_max = static_cast<std::uint64_t>(config.stream_events_max),
          .held_bytes_max = static_cast<std::size_t>(config.stream_memory_bytes_max)};
}

storage::MemoryCacheOptions cache_options(const config::Config& config) {
  storage::MemoryCacheOptions options;
  options.bytes_max = static_cast<std::size_t>(config.cache_bytes_max);
  options.ttl = config.cache_ttl;
  if (const auto similarity = similarity_options(config)) options.embedding_model = similarity->model;
  options.vectors_max = static_cast<std::size_t>(config.semantic_cache_entries_max);
  return options;
}

std::optional<workflow::SimilarityOptions> similarity_options(const config::Config& config) {
  if (config.semantic_cache_provider.empty()) return std::nullopt;
  workflow::SimilarityOptions options;
  options.model = config.semantic_cache_provider + '/' + config.semantic_cache_model;
  options.threshold = static_cast<double>(config.semantic_cache_threshold) / static_cast<double>(config::ratio_one);
  options.timeout = config.semantic_cache_timeout;
  return options;
}

storage::SqliteStoreOptions sqlite_options(const config::Config& config,
                                           const std::function<const char*(const char*)>& variable) {
  storage::SqliteStoreOptions options;
  options.path = config::store_path(config.store, variable).value_or("");
  options.bytes_max = config.store_bytes_max;
  return options;
}

provider::ProviderSetOptions provider_options(const config::Config& config, const redaction::Scrubber& scrubber) {
  provider::ProviderSetOptions options;
  options.offline.token_delay = config.offline_token_delay;
  options.scrubber = scrubber;
  options.embeddings.provider = config.semantic_cache_provider;
  options.embeddings.model = config.semantic_cache_model;
  options.embeddings.timeout = config.semantic_cache_timeout;
  return options;
}

provider::ModelListerOptions model_lister_options(const redaction::Scrubber& scrubber) {
  provider::ModelListerOptions options;
  options.scrubber = scrubber;
  return options;
}

provider::RegistryOptions registry_options(const config::Config& config) {
  provider::RegistryOptions options;
  options.connect_timeout = config.connect_timeout;
  options.first_token_timeout = config.first_token_timeout;
  options.idle_timeout = config.idle_timeout;
  options.connection = {config.proxy, config.no_proxy, config.ca_file};
  options.prices = config.prices;
  return options;
}

provider::CircuitBreakerOptions breaker_options(const config::Config& config) {
  provider::CircuitBreakerOptions options;
  options.cooldown = config.breaker_cooldown;
  return options;
}

workflow::PlannerOptions planner_options(const config::Config& config) {
  return {config.personas, config.default_workflow, config.councils};
}

task::TaskServiceOptions task_options(const config::Config& config, const redaction::Scrubber& scrubber) {
  task::TaskServiceOptions options;
  options.scrubber = scrubber;
  options.conversation_tokens = config.conversation_tokens;
  options.answer_bytes_max = static_cast<std::size_t>(config.answer_bytes_max);
  options.similarity = similarity_options(config);
  return options;
}

http::BroadcasterOptions broadcaster_options(const config::Config& config, const redaction::Scrubber& scrubber) {
  http::BroadcasterOptions options;
  options.heartbeat = config.heartbeat;
  options.write_timeout = config.subscriber_write_timeout;
  options.scrubber = scrubber;
  return options;
}

http::HttpServerOptions http_server_options(const config::Config& config, const redaction::Scrubber& scrubber) {
  http::HttpServerOptions options;
  options.scrubber = scrubber;
  options.limits.body_bytes_max = static_cast<std::size_t>(config.body_bytes_max);
  options.origin_policy.allowed_hosts = config.allowed_hosts;
  options.origin_policy.allowed_origins = config.allowed_origins;
  options.origin_policy.allow_credentials = config.allow_credentials;
  options.heartbeat = config.heartbeat;
  options.default_format = compat::compat_format_named(config.default_dialect).value_or(compat::CompatFormat::native);
  options.head_timeout = config.head_timeout;
  options.body_timeout = config.body_timeout;
  options.response_timeout = config.response_timeout;
  options.reply_timeout = config.reply_timeout;
  options.keep_alive_idle = config.keep_alive_idle;
  options.connections_max = static_cast<std::size_t>(config.connections_max);
  options.connections_per_address_max = static_cast<std::size_t>(config.connections_per_address_max);
  // Checked by the application before.
  options.connections_per_address_exempt =
      http::AddressSet::parse(config.connections_per_address_exempt).value_or(http::AddressSet());
  options.request_threads = static_cast<unsigned>(config.request_threads);
  options.write_threads = static_cast<unsigned>(config.write_threads);
  options.request_queue_max = static_cast<std::size_t>(config.request_queue_max);
  return options;
}

}  // namespace plenum::app
