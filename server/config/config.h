// What the server was told at its start: one value for every row of config_table.h, and the providers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace plenum::config {

// One [providers.NAME] table as it was written. What its values mean is judged by whoever knows the
// kinds (server/provider/registry.h); until then only names and types are checked.
struct ProviderConfig {
  std::string name;      // of [a-z0-9_-], so that `name/model` is a member
  std::string kind;      // openai, offline
  std::string base_url;  // empty: the one known for this name
  std::string key_env;   // variable that holds the key; empty: no key is needed
  std::vector<std::string> models;
  std::string default_model;
  bool allow_plain_http = false;  // the key may travel unencrypted to a host other than this one
  std::string origin;             // where it stands, `file:line:column`
};

// Set once by load(), then read by server/app alone: every room takes its own small Options. The
// defaults live in the table, not here: a Config that was not filled from it holds nothing.
struct Config {
  std::string listen;
  bool allow_public = false;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;

  std::string store;
  std::string workflows_dir;
  std::int64_t loops = 0;
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
  std::chrono::milliseconds stuck_reader{0};
  std::chrono::milliseconds drain{0};

  std::int64_t streams_max = 0;
  std::int64_t running_max = 0;
  std::int64_t log_bytes_max = 0;
  std::int64_t stream_bytes_max = 0;
  std::int64_t stream_events_max = 0;
  std::int64_t queue_events_max = 0;

  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds first_byte_timeout{0};
  std::chrono::milliseconds idle_timeout{0};
  std::chrono::milliseconds breaker_open{0};
  std::chrono::milliseconds offline_pace{0};

  std::string log_level;
  std::string log_format;

  std::vector<ProviderConfig> providers;  // in the order of the file; empty: look in the environment
};

}  // namespace plenum::config
