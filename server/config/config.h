// The configuration: one value for every row of config_table.h, and the tables of the file.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/council.h"
#include "common/protocol/model_parameters.h"
#include "server/core/model_price.h"
#include "server/core/provider.h"
#include "server/core/provider_kind.h"

namespace plenum::config {

// One [providers.NAME] table. Only names, types and ranges are checked here; server/provider/registry.h validates the
// rest.
struct ProviderConfig {
  std::string name;  // of [a-z0-9_-], so that `name/model` is a member
  std::optional<core::ProviderKind> kind;
  std::string base_url;  // empty: the default of this name or kind
  std::string key_env;   // variable that holds the key; empty: no key, or the default variable
  std::vector<std::string> models;
  std::vector<std::string> default_models;  // in order; a table may also set one as `default_model`
  std::string proxy;                        // URL or "none"; empty: the setting, or that of the environment
  std::string ca_file;                      // empty: the setting
  std::string client_cert, client_key;      // PEM files; empty: none
  std::string price_list;                   // vendor whose rows of the price file apply; empty: of the known address
  bool allow_insecure_http = false;         // the key may be sent unencrypted to another host
  std::vector<std::string> fallback;        // fallback chain
  ModelParameters parameters;               // of all calls, without a response format
  std::optional<core::ProviderInfo::StructuredOutput> structured_output;  // empty: the default of this name
  std::optional<core::AttachmentKinds> attachments;                       // likewise
  std::int64_t concurrent_requests_max = 0;                               // 0: unlimited
  std::int64_t requests_per_minute = 0;
  std::int64_t queue_max = 1000;
  std::int64_t retries_max = 2;
  std::chrono::milliseconds connect_timeout{0};  // 0: the setting of this name
  std::chrono::milliseconds first_token_timeout{0};
  std::chrono::milliseconds idle_timeout{0};
  std::int64_t response_bytes_max = 32 * 1024 * 1024;
  std::int64_t event_bytes_max = 1024 * 1024;
  std::int64_t head_bytes_max = 64 * 1024;
  std::string origin;  // position in the file, `file:line:column`
};

// One row of [prices].
struct PriceConfig {
  std::string provider;
  core::ModelPrice price;
  std::string origin;  // position in the file
};

// Set once by load(). Each module reads it in one function only, which fills its Options. The defaults are in the
// table, not here.
struct Config {
  std::string listen;
  bool allow_public = false;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  bool allow_credentials = false;

  std::string store;
  std::int64_t store_bytes_max = 0;
  std::string on_restart;
  std::chrono::milliseconds task_retention{0};
  std::chrono::milliseconds memory_ttl{0};
  std::string workflows_dir;
  std::string default_workflow;
  std::int64_t conversation_tokens = 0;
  std::int64_t cache_bytes_max = 0;
  std::chrono::milliseconds cache_ttl{0};
  std::string semantic_cache_provider;  // empty: off
  std::string semantic_cache_model;
  std::int64_t semantic_cache_threshold = 0;  // in ten-thousandths
  std::int64_t semantic_cache_entries_max = 0;
  std::chrono::milliseconds semantic_cache_timeout{0};
  std::int64_t event_loops = 0;
  std::int64_t request_threads = 0;
  std::int64_t write_threads = 0;
  std::int64_t request_queue_max = 0;

  std::int64_t connections_max = 0;
  std::int64_t connections_per_address_max = 0;
  std::vector<std::string> connections_per_address_exempt;
  std::int64_t body_bytes_max = 0;
  std::chrono::milliseconds head_timeout{0};
  std::chrono::milliseconds body_timeout{0};
  std::chrono::milliseconds response_timeout{0};
  std::chrono::milliseconds reply_timeout{0};
  std::chrono::milliseconds keep_alive_idle{0};

  std::chrono::milliseconds heartbeat{0};
  std::string default_dialect;
  std::chrono::milliseconds subscriber_write_timeout{0};
  std::chrono::milliseconds shutdown_grace{0};
  std::chrono::milliseconds idle_exit{0};  // 0: never

  std::int64_t memory_max = 0;  // 0: from the machine
  std::int64_t streams_max = 0;
  std::int64_t running_tasks_max = 0;
  std::int64_t event_memory_bytes_max = 0;
  std::int64_t stream_bytes_max = 0;
  std::int64_t stream_memory_bytes_max = 0;
  std::int64_t stream_events_max = 0;
  std::int64_t answer_bytes_max = 0;
  std::int64_t queue_events_max = 0;

  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds first_token_timeout{0};
  std::chrono::milliseconds idle_timeout{0};
  std::chrono::milliseconds breaker_cooldown{0};
  std::string proxy;
  std::vector<std::string> no_proxy;
  std::string ca_file;
  std::string prices_file;
  std::chrono::milliseconds offline_token_delay{0};

  std::string log_level;
  std::string log_format;

  std::vector<ProviderConfig> providers;  // in the order of the file; empty: detect from the environment
  std::vector<PriceConfig> prices;
  std::map<std::string, std::string, std::less<>> personas;  // system prompts by name
  std::vector<Council> councils;
};

}  // namespace plenum::config
