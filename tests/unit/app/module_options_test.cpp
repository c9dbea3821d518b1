// Every row of the settings table, and the option that it sets.
#include "server/app/module_options.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include "server/config/config_load.h"
#include "server/config/config_table.h"
#include "server/runtime/event_loop_group.h"

using namespace plenum;
using namespace plenum::app;
using config::Config;

namespace {

const redaction::Scrubber no_keys{};

const char* environment(const char* name) { return std::string_view(name) == "XDG_STATE_HOME" ? "/state" : nullptr; }

std::string text(std::integral auto value) { return std::to_string(value); }
std::string text(milliseconds value) { return fmt::format("{} ms", value.count()); }
std::string text(const std::vector<std::string>& values) { return fmt::format("{}", fmt::join(values, ",")); }

workflow::SimilarityOptions with_provider(Config config) {
  config.semantic_cache_provider = "p";
  return *similarity_options(config);
}

struct Wire {
  std::string_view setting;
  std::string_view given;     // not the default
  std::string_view expected;  // of the option
  std::function<std::string(const Config&)> option;
};

// A setting used by several modules has a row for each of them.
const Wire wires[] = {
    {"listen", "127.0.0.1:9", "127.0.0.1:9", [](const Config& c) { return app_options(c).listen; }},
    {"allowed_hosts", "a.example", "a.example",
     [](const Config& c) { return text(http_server_options(c, no_keys).origin_policy.allowed_hosts); }},
    {"allowed_origins", "https://a.example", "https://a.example",
     [](const Config& c) { return text(http_server_options(c, no_keys).origin_policy.allowed_origins); }},
    {"allow_credentials", "true", "1",
     [](const Config& c) { return text(http_server_options(c, no_keys).origin_policy.allow_credentials); }},

    {"store", "sqlite:/a/b.db", "/a/b.db", [](const Config& c) { return sqlite_options(c, environment).path; }},
    {"store_bytes_max", "7001", "7001", [](const Config& c) { return text(sqlite_options(c, environment).bytes_max); }},
    {"on_restart", "interrupt", "1", [](const Config& c) { return text(static_cast<int>(app_options(c).on_restart)); }},
    {"task_retention_ms", "7001", "8000 ms",
     [](const Config& c) { return text(manager_options(c, no_keys).retention); }},
    {"memory_ttl_ms", "7001", "8000 ms", [](const Config& c) { return text(manager_options(c, no_keys).memory_ttl); }},
    {"prices_file", "/prices.toml", "/prices.toml", [](const Config& c) { return app_options(c).prices_file; }},
    {"workflows_dir", "/flows", "/flows", [](const Config& c) { return app_options(c).workflows_dir; }},
    {"default_workflow", "auto", "auto", [](const Config& c) { return planner_options(c).default_workflow; }},
    {"conversation_tokens", "7001", "7001",
     [](const Config& c) { return text(task_options(c, no_keys).conversation_tokens); }},
    {"answer_bytes_max", "7001", "7001",
     [](const Config& c) { return text(task_options(c, no_keys).answer_bytes_max); }},
    {"cache_bytes_max", "7001", "7001", [](const Config& c) { return text(cache_options(c).bytes_max); }},
    {"cache_ttl_ms", "7001", "7001 ms", [](const Config& c) { return text(cache_options(c).ttl); }},
    {"semantic_cache_provider", "ollama", "ollama",
     [](const Config& c) { return provider_options(c, no_keys).embeddings.provider; }},
    {"semantic_cache_model", "m", "m", [](const Config& c) { return provider_options(c, no_keys).embeddings.model; }},
    {"semantic_cache_threshold", "0.875", "8750",
     [](const Config& c) { return text(static_cast<int>(with_provider(c).threshold * 10'000)); }},
    {"semantic_cache_entries_max", "7001", "7001", [](const Config& c) { return text(cache_options(c).vectors_max); }},
    {"semantic_cache_timeout_ms", "7001", "7001 ms",
     [](const Config& c) { return text(provider_options(c, no_keys).embeddings.timeout); }},
    {"semantic_cache_timeout_ms", "7001", "7001 ms", [](const Config& c) { return text(with_provider(c).timeout); }},
    {"event_loops", "200", "200", [](const Config& c) { return text(app_options(c).loops); }},
    {"request_threads", "201", "201",
     [](const Config& c) { return text(http_server_options(c, no_keys).request_threads); }},
    {"write_threads", "202", "202",
     [](const Config& c) { return text(http_server_options(c, no_keys).write_threads); }},
    {"request_queue_max", "7001", "7001",
     [](const Config& c) { return text(http_server_options(c, no_keys).request_queue_max); }},

    {"connections_max", "7001", "7001",
     [](const Config& c) { return text(http_server_options(c, no_keys).connections_max); }},
    {"connections_per_address_max", "7001", "7001",
     [](const Config& c) { return text(http_server_options(c, no_keys).connections_per_address_max); }},
    {"connections_per_address_exempt", "10.0.0.0/8", "exempt",
     [](const Config& c) {
       sockaddr_storage address{};
       reinterpret_cast<sockaddr_in&>(address) = {AF_INET, 0, {htonl(0x0a010203)}, {}};
       return http_server_options(c, no_keys).connections_per_address_exempt.contains(address) ? "exempt" : "limited";
     }},
    {"memory_max", "7001", "7001", [](const Config& c) { return text(app_options(c).memory_max); }},
    {"body_bytes_max", "7001", "7001",
     [](const Config& c) { return text(http_server_options(c, no_keys).limits.body_bytes_max); }},
    {"head_timeout_ms", "7001", "7001 ms",
     [](const Config& c) { return text(http_server_options(c, no_keys).head_timeout); }},
    {"body_timeout_ms", "7001", "7001 ms",
     [](const Config& c) { return text(http_server_options(c, no_keys).body_timeout); }},
    {"response_timeout_ms", "7002", "7002 ms",
     [](const Config& c) { return text(http_server_options(c, no_keys).response_timeout); }},
    {"reply_timeout_ms", "7001", "7001 ms",
     [](const Config& c) { return text(http_server_options(c, no_keys).reply_timeout); }},
    {"keep_alive_idle_ms", "7001", "7001 ms",
     [](const Config& c) { return text(http_server_options(c, no_keys).keep_alive_idle); }},

    {"heartbeat_ms", "7001", "7001 ms",
     [](const Config& c) { return text(broadcaster_options(c, no_keys).heartbeat); }},
    {"heartbeat_ms", "7001", "7001 ms",
     [](const Config& c) { return text(http_server_options(c, no_keys).heartbeat); }},
    {"default_dialect", "council-2026", "council-2026",
     [](const Config& c) { return std::string(name_of(http_server_options(c, no_keys).default_format)); }},
    {"subscriber_write_timeout_ms", "7001", "7001 ms",
     [](const Config& c) { return text(broadcaster_options(c, no_keys).write_timeout); }},
    {"shutdown_grace_ms", "7001", "7001 ms", [](const Config& c) { return text(app_options(c).shutdown_grace); }},
    {"idle_exit_ms", "7001", "7001 ms", [](const Config& c) { return text(app_options(c).idle_exit); }},

    {"streams_max", "7001", "7001", [](const Config& c) { return text(manager_options(c, no_keys).streams_max); }},
    {"running_tasks_max", "7001", "7001",
     [](const Config& c) { return text(manager_options(c, no_keys).running_tasks_max); }},
    {"event_memory_bytes_max", "1048577", "1048577",
     [](const Config& c) { return text(manager_options(c, no_keys).event_memory_bytes_max); }},
    {"stream_bytes_max", "70001", "70001", [](const Config& c) { return text(memory_log_options(c).bytes_max); }},
    {"stream_memory_bytes_max", "70001", "70001",
     [](const Config& c) { return text(memory_log_options(c).held_bytes_max); }},
    {"stream_events_max", "7001", "7001", [](const Config& c) { return text(memory_log_options(c).events_max); }},
    {"queue_events_max", "7001", "7001",
     [](const Config& c) { return text(manager_options(c, no_keys).stream.queue_events_max); }},

    {"connect_timeout_ms", "7001", "7001 ms",
     [](const Config& c) { return text(registry_options(c).connect_timeout); }},
    {"first_token_timeout_ms", "7001", "7001 ms",
     [](const Config& c) { return text(registry_options(c).first_token_timeout); }},
    {"idle_timeout_ms", "7001", "7001 ms", [](const Config& c) { return text(registry_options(c).idle_timeout); }},
    {"breaker_cooldown_ms", "7001", "7001 ms", [](const Config& c) { return text(breaker_options(c).cooldown); }},
    {"proxy", "http://proxy:3128", "http://proxy:3128",
     [](const Config& c) { return registry_options(c).connection.proxy; }},
    {"no_proxy", "a.test,b.test", "a.test,b.test",
     [](const Config& c) { return text(registry_options(c).connection.no_proxy); }},
    {"ca_file", "/ca.pem", "/ca.pem", [](const Config& c) { return registry_options(c).connection.ca_file; }},
    {"offline_token_delay_ms", "7001", "7001 ms",
     [](const Config& c) { return text(provider_options(c, no_keys).offline.token_delay); }},

    {"log_level", "error", "error", [](const Config& c) { return log_options(c).level; }},
    {"log_format", "json", "1", [](const Config& c) { return text(log_options(c).json); }},
};

Config with(std::string_view setting, std::string_view value) {
  Config config = config::default_config();
  const auto* row = config::find_setting(setting);
  REQUIRE(row != nullptr);
  REQUIRE(config::apply(config, *row, value));
  return config;
}

// Each field of the options built from the default settings has the value of default-constructed options.
template <class Options, class... Fields>
void check_defaults(const Options& from_table, Fields Options::*... fields) {
  const Options own;
  std::size_t number = 0;
  const auto check = [&](auto field) {
    CAPTURE(++number);
    CHECK(own.*field == from_table.*field);
  };
  (check(fields), ...);
}

}  // namespace

TEST_CASE("every setting reaches its option") {
  for (const auto& wire : wires) {
    CAPTURE(wire.setting);
    CHECK(wire.option(config::default_config()) != wire.expected);
    CHECK(wire.option(with(wire.setting, wire.given)) == wire.expected);
  }
}

TEST_CASE("no setting changes the option of another setting") {
  for (const auto& changed : wires) {
    const Config config = with(changed.setting, changed.given);
    for (const auto& other : wires) {
      if (other.setting == changed.setting) continue;
      CAPTURE(changed.setting);
      CAPTURE(other.setting);
      CHECK(other.option(config) == other.option(config::default_config()));
    }
  }
}

TEST_CASE("no option has another default than its setting") {
  const Config config = config::default_config();
  check_defaults(http_server_options(config, no_keys), &http::HttpServerOptions::heartbeat,
                 &http::HttpServerOptions::head_timeout, &http::HttpServerOptions::body_timeout,
                 &http::HttpServerOptions::response_timeout, &http::HttpServerOptions::reply_timeout,
                 &http::HttpServerOptions::keep_alive_idle, &http::HttpServerOptions::connections_max,
                 &http::HttpServerOptions::connections_per_address_max, &http::HttpServerOptions::request_threads,
                 &http::HttpServerOptions::write_threads, &http::HttpServerOptions::request_queue_max);
  check_defaults(http_server_options(config, no_keys).limits, &http::HeadLimits::body_bytes_max);
  check_defaults(broadcaster_options(config, no_keys), &http::BroadcasterOptions::heartbeat,
                 &http::BroadcasterOptions::write_timeout);
  check_defaults(manager_options(config, no_keys), &stream::ManagerOptions::streams_max,
                 &stream::ManagerOptions::running_tasks_max, &stream::ManagerOptions::event_memory_bytes_max,
                 &stream::ManagerOptions::memory_ttl);
  check_defaults(manager_options(config, no_keys).stream, &stream::StreamLimits::queue_events_max);
  check_defaults(memory_log_options(config), &storage::MemoryLogOptions::bytes_max,
                 &storage::MemoryLogOptions::events_max, &storage::MemoryLogOptions::held_bytes_max);
  check_defaults(cache_options(config), &storage::MemoryCacheOptions::bytes_max, &storage::MemoryCacheOptions::ttl,
                 &storage::MemoryCacheOptions::vectors_max);
  check_defaults(provider_options(config, no_keys).embeddings, &provider::EmbeddingOptions::timeout);
  check_defaults(with_provider(config), &workflow::SimilarityOptions::timeout);
  check_defaults(sqlite_options(config, environment), &storage::SqliteStoreOptions::bytes_max);
  check_defaults(registry_options(config), &provider::RegistryOptions::connect_timeout,
                 &provider::RegistryOptions::first_token_timeout, &provider::RegistryOptions::idle_timeout);
  check_defaults(breaker_options(config), &provider::CircuitBreakerOptions::cooldown);
  check_defaults(provider_options(config, no_keys).offline, &provider::OfflineOptions::token_delay);
  check_defaults(task_options(config, no_keys), &task::TaskServiceOptions::conversation_tokens,
                 &task::TaskServiceOptions::answer_bytes_max);
}

TEST_CASE("every row of the settings table is tested here") {
  for (const auto& setting : config::settings()) {
    if (setting.name == "allow_public") continue;  // read by load() only: the last case of this file
    CAPTURE(setting.name);
    CHECK(std::any_of(std::begin(wires), std::end(wires),
                      [&](const Wire& wire) { return wire.setting == setting.name; }));
  }
}

TEST_CASE("memory holds an idle task for an hour with every store, and a file holds it for 30 days") {
  const Config memory = with("store", "memory"), sqlite = with("store", "sqlite");
  CHECK(manager_options(memory, no_keys).memory_ttl == seconds(3600));
  CHECK(manager_options(sqlite, no_keys).memory_ttl == seconds(3600));
  CHECK(manager_options(memory, no_keys).retention == seconds(3600));
  CHECK(manager_options(sqlite, no_keys).retention == seconds(30 * 24 * 3600));
  CHECK(sqlite_options(sqlite, environment).path == "/state/plenum/plenum.db");
  CHECK(app_options(memory).loops == runtime::usable_processors());
}

TEST_CASE("every module that sends text gets the scrubber") {
  const std::string key = "key-7Q2mZ9xW";
  const redaction::Scrubber keys({key});
  const Config config = config::default_config();
  for (const redaction::Scrubber& scrubber :
       {manager_options(config, keys).stream.scrubber, provider_options(config, keys).scrubber,
        model_lister_options(keys).scrubber, task_options(config, keys).scrubber,
        broadcaster_options(config, keys).scrubber, http_server_options(config, keys).scrubber}) {
    std::string sent = "the key is " + key;
    scrubber.scrub(sent);
    CHECK(sent.find(key) == std::string::npos);
  }
}

TEST_CASE("tasks are compared by similarity only with a provider of embeddings") {
  CHECK_FALSE(similarity_options(config::default_config()));
  CHECK(cache_options(config::default_config()).embedding_model.empty());
  Config config = with("semantic_cache_provider", "ollama");
  config.semantic_cache_model = "nomic-embed-text";
  CHECK(cache_options(config).embedding_model == "ollama/nomic-embed-text");
  CHECK(task_options(config, no_keys).similarity->model == "ollama/nomic-embed-text");
  CHECK(task_options(config, no_keys).similarity->threshold == 0.95);
}

TEST_CASE("prices of the configuration reach the registry") {
  Config config = config::default_config();
  config.prices.push_back({"openai", {"*", 1.5, 2.5}, ""});
  REQUIRE(registry_options(config).prices.size() == 1);
  CHECK(registry_options(config).prices[0].price.input == 1.5);
}

TEST_CASE("allow_public decides whether the server may listen on a public address") {
  CHECK_FALSE(config::load_text("", "listen = \"0.0.0.0:8080\"", {}));
  CHECK(config::load_text("", "listen = \"0.0.0.0:8080\"\nallow_public = true", {}));
}
