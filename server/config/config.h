// What the server was told at its start: one value for every row of config_table.h, and the providers.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace plenum::config {

// One [providers.NAME] table as it was written. What its values mean is judged by whoever knows the
// kinds (server/provider/registry.h); until then only names, types and bounds are checked.
struct ProviderConfig {
  std::string name;      // of [a-z0-9_-], so that `name/model` is a member
  std::string kind;      // openai, openrouter, anthropic, gemini, ollama, offline
  std::string base_url;  // empty: the one known for this name or kind
  std::string key_env;   // variable that holds the key; empty: no key is needed
  std::vector<std::string> models;
  std::string default_model;
  bool allow_insecure_http = false;          // the key may travel unencrypted to a host other than this one
  std::vector<std::string> fallback;         // members that answer in its place
  std::int64_t concurrent_requests_max = 0;  // 0: no bound
  std::int64_t requests_per_minute = 0;
  std::int64_t queue_max = 1000;
  std::int64_t retries_max = 2;
  std::int64_t connect_timeout_ms = 0;  // 0: the setting of this name
  std::int64_t first_token_timeout_ms = 0;
  std::int64_t idle_timeout_ms = 0;
  std::int64_t response_bytes_max = 32 * 1024 * 1024;
  std::int64_t event_bytes_max = 1024 * 1024;
  std::int64_t head_bytes_max = 64 * 1024;
  std::string origin;  // where it stands, `file:line:column`
};

// One row of [prices]: US dollars for a million tokens.
struct PriceConfig {
  std::string provider;
  std::string model;  // `*`: all that have no row of their own
  double input = 0, output = 0;
  std::optional<double> cached_input, cache_write;
  std::string origin;
};

// Set once by load(), then read by server/app alone: every room takes its own small Options. The
// defaults live in the table, not here: a Config that was not filled from it holds nothing.
struct Config {
  std::string listen;
  bool allow_public = false;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;

  std::string store;
  std::int64_t store_bytes_max = 0;
  std::string on_restart;
  std::chrono::milliseconds task_retention{0};
  std::chrono::milliseconds memory_ttl{0};
  std::string workflows_dir;
  std::int64_t conversation_tokens = 0;
  std::int64_t cache_bytes_max = 0;
  std::chrono::milliseconds cache_ttl{0};
  std::int64_t event_loops = 0;
  std::int64_t request_threads = 0;
  std::int64_t request_queue_max = 0;

  std::int64_t connections_max = 0;
  std::int64_t connections_per_address_max = 0;
  std::int64_t body_bytes_max = 0;
  std::chrono::milliseconds head_timeout{0};
  std::chrono::milliseconds body_timeout{0};
  std::chrono::milliseconds reply_timeout{0};
  std::chrono::milliseconds keep_alive_idle{0};

  std::chrono::milliseconds heartbeat{0};
  std::chrono::milliseconds subscriber_write_timeout{0};
  std::chrono::milliseconds shutdown_grace{0};

  std::int64_t streams_max = 0;
  std::int64_t running_tasks_max = 0;
  std::int64_t event_memory_bytes_max = 0;
  std::int64_t stream_bytes_max = 0;
  std::int64_t stream_memory_bytes_max = 0;
  std::int64_t stream_events_max = 0;
  std::int64_t queue_events_max = 0;

  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds first_token_timeout{0};
  std::chrono::milliseconds idle_timeout{0};
  std::chrono::milliseconds breaker_cooldown{0};
  std::string ca_file;
  std::chrono::milliseconds offline_token_delay{0};

  std::string log_level;
  std::string log_format;

  std::vector<ProviderConfig> providers;  // in the order of the file; empty: look in the environment
  std::vector<PriceConfig> prices;
  std::map<std::string, std::string, std::less<>> personas;  // a name of [a-z0-9_-] and its system text
};

}  // namespace plenum::config
