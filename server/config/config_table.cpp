#include "server/config/config_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "common/base/strings.h"

namespace plenum::config {

namespace {

using std::chrono::milliseconds;

// clang-format off
const Setting table[] = {
    {"listen", Unit::count, "127.0.0.1:8080", 0, 0, "", "Address and port to listen on. Port 0 selects a free port.", &Config::listen},
    {"allow_public", Unit::count, "false", 0, 0, "", "Allow binding to a non-loopback address. The server has no authentication: anyone who can reach the port can spend your provider keys.", &Config::allow_public},
    {"allowed_hosts", Unit::count, "", 0, 0, "", "Host names accepted in the Host header, in addition to loopback names and the listen address.", &Config::allowed_hosts},
    {"allowed_origins", Unit::count, "", 0, 0, "", "Web origins (scheme://host:port) whose pages may call this server.", &Config::allowed_origins},
    {"allow_credentials", Unit::count, "false", 0, 0, "", "Allow pages of allowed_origins to send credentials, such as the cookies of a proxy that authenticates users (Access-Control-Allow-Credentials).", &Config::allow_credentials},

    {"store", Unit::count, "sqlite", 0, 0, "", "Storage backend: sqlite ($XDG_STATE_HOME/plenum/plenum.db, or ~/.local/state/plenum/plenum.db), sqlite:PATH, or memory (nothing survives a restart).", &Config::store},
    {"store_bytes_max", Unit::size, "10GiB", 0, 1024 * gibibyte, "", "Maximum size of all tasks in the SQLite file. Above it, the oldest finished tasks are deleted. 0 disables the limit.", &Config::store_bytes_max},
    {"on_restart", Unit::count, "resume", 0, 0, "resume|interrupt", "Unfinished tasks at startup: resume continues them after their last completed step, interrupt ends them with the partial result. Requires a durable store.", &Config::on_restart},
    {"task_retention_ms", Unit::duration, "30d", 1000, 3660 * day_ms, "", "History: with SQLite, retention of a finished task in the file after its last access, unless the task sets ttl_s. Then it is deleted.", &Config::task_retention},
    {"memory_ttl_ms", Unit::duration, "1h", 100, 366 * day_ms, "", "Idle time after which a finished task is evicted from memory. With SQLite it is then read from the file, until task_retention_ms has passed. With the memory store it is deleted, unless the task sets ttl_s.", &Config::memory_ttl},
    {"workflows_dir", Unit::count, "", 0, 0, "", "Directory of additional workflow files. A file overrides the built-in workflow of the same name.", &Config::workflows_dir},
    {"default_workflow", Unit::count, "consensus", 0, 0, "", "Workflow of tasks that name none. `auto`: `single` for one member, `synthesize` for several.", &Config::default_workflow},
    {"conversation_tokens", Unit::count, "8000", 0, 10'000'000, "", "Token budget for earlier conversation turns in each prompt, at about four bytes per token, newest turns first. 0 omits them.", &Config::conversation_tokens},
    {"cache_bytes_max", Unit::size, "64MiB", 0, 64 * gibibyte, "", "Memory for cached answers. An identical task is answered from the cache without a model call. 0 disables the cache.", &Config::cache_bytes_max},
    {"cache_ttl_ms", Unit::duration, "24h", 1000, 366 * day_ms, "", "Maximum age (TTL) of a cached answer.", &Config::cache_ttl},
    {"semantic_cache_provider", Unit::count, "", 0, 0, "", "Provider of embeddings, with kind openai, openrouter or ollama: a task is also answered from the cache if a similar task was answered under the same conditions. Empty: only identical tasks are.", &Config::semantic_cache_provider},
    {"semantic_cache_model", Unit::count, "", 0, 0, "", "Embedding model of that provider, for example text-embedding-3-small or nomic-embed-text.", &Config::semantic_cache_model},
    {"semantic_cache_threshold", Unit::ratio, "0.95", 5'000, ratio_one, "", "Least similarity (cosine) of two tasks with the same answer.", &Config::semantic_cache_threshold},
    {"semantic_cache_entries_max", Unit::count, "10000", 1, 1'000'000, "", "Maximum number of cached answers with an embedding. Above it, the least recently used answers are evicted. Embeddings count towards cache_bytes_max.", &Config::semantic_cache_entries_max},
    {"semantic_cache_timeout_ms", Unit::duration, "2s", 10, 60'000, "", "Timeout of an embedding, and again of the search for similar tasks. After it, the task calls its models.", &Config::semantic_cache_timeout},
    {"event_loops", Unit::count, "0", 0, 256, "", "Number of event loops, one thread each. 0 selects one per available processor.", &Config::event_loops},
    {"request_threads", Unit::count, "16", 1, 256, "", "Worker threads for requests that read, and for rendering responses. They never block on a stream or on a commit.", &Config::request_threads},
    {"write_threads", Unit::count, "32", 1, 256, "", "Worker threads for requests that change something (`POST`, `PATCH`, `DELETE`). Each waits for one group commit, and while the disk hangs for the disk.", &Config::write_threads},
    {"request_queue_max", Unit::count, "1024", 1, 1'000'000, "", "Requests that may wait for a worker thread of either kind. Further requests are rejected with 503.", &Config::request_queue_max},

    {"connections_max", Unit::count, "15000", 1, 10'000'000, "", "Maximum open connections. Further connections are closed after accept.", &Config::connections_max},
    {"connections_per_address_max", Unit::count, "1000", 0, 10'000'000, "", "Maximum open connections per client address, event streams included. 0 disables the limit.", &Config::connections_per_address_max},
    {"connections_per_address_exempt", Unit::count, "127.0.0.0/8, ::1", 0, 0, "", "Addresses and CIDR blocks without that limit: this machine, and reverse proxies, whose clients share one address.", &Config::connections_per_address_exempt},
    {"body_bytes_max", Unit::size, "4MiB", kibibyte, 64 * mebibyte, "", "Maximum size of a request body. Larger bodies are rejected with 413.", &Config::body_bytes_max},
    {"head_timeout_ms", Unit::duration, "10s", 10, day_ms, "", "Timeout for receiving a complete request head.", &Config::head_timeout},
    {"body_timeout_ms", Unit::duration, "30s", 10, day_ms, "", "Timeout for receiving a complete request body.", &Config::body_timeout},
    {"response_timeout_ms", Unit::duration, "30s", 10, day_ms, "", "Timeout from a complete request to its response, the wait for a worker thread included. After it, a request that was not executed returns 503, and one that may still take effect 504.", &Config::response_timeout},
    {"reply_timeout_ms", Unit::duration, "30s", 10, day_ms, "", "Timeout for sending a complete response.", &Config::reply_timeout},
    {"keep_alive_idle_ms", Unit::duration, "75s", 10, day_ms, "", "Idle timeout of a keep-alive connection.", &Config::keep_alive_idle},

    {"heartbeat_ms", Unit::duration, "15s", 500, 3'600'000, "", "Interval without a frame after which a heartbeat is sent on an event stream. Checked every 500 ms.", &Config::heartbeat},
    {"default_dialect", Unit::count, "native", 0, 0, "native|conclave|process|facilitair|council|council-2026", "Format of event streams without ?dialect= and without a path prefix (docs/protocol.md, Compatibility formats). Pages of events are always native.", &Config::default_dialect},
    {"subscriber_write_timeout_ms", Unit::duration, "30s", 10, day_ms, "", "Disconnect a subscriber that accepts no byte for this long. It can resume.", &Config::subscriber_write_timeout},
    {"shutdown_grace_ms", Unit::duration, "10s", 0, 600'000, "", "Grace period of a shutdown: subscribers are disconnected within it, spread over its length.", &Config::shutdown_grace},
    {"idle_exit_ms", Unit::duration, "0", 0, 366 * day_ms, "", "Stop the server gracefully after this time without running tasks, subscribers and requests. 0 never stops it.", &Config::idle_exit},

    {"memory_max", Unit::size, "0", 0, 1024 * gibibyte, "", "Limit of the memory for requests, tasks, responses and caches together. What does not fit is rejected with 503. 0 selects three quarters of the limit of the control group (container), or of the machine. Below 64MiB few requests fit.", &Config::memory_max},
    {"streams_max", Unit::count, "100000", 1, 100'000'000, "", "Maximum streams in memory, including finished ones.", &Config::streams_max},
    {"running_tasks_max", Unit::count, "2000", 1, 1'000'000, "", "Maximum concurrently running tasks. Further tasks are rejected with 503.", &Config::running_tasks_max},
    {"event_memory_bytes_max", Unit::size, "1GiB", mebibyte, 1024 * gibibyte, "", "Memory limit for all tasks and event logs together, at most half of memory_max. Above it, idle finished streams are evicted.", &Config::event_memory_bytes_max},
    {"stream_bytes_max", Unit::size, "256MiB", 64 * kibibyte, 4095 * mebibyte, "", "Maximum size of one event log. A run that exceeds it ends with stream_limit.", &Config::stream_bytes_max},
    {"stream_memory_bytes_max", Unit::size, "64MiB", 64 * kibibyte, 4095 * mebibyte, "", "Memory limit for one event log. Above it, the oldest events are evicted; a subscriber that requests them receives a snapshot and the events after it.", &Config::stream_memory_bytes_max},
    {"stream_events_max", Unit::count, "1000000", 100, 1'000'000'000, "", "Maximum number of events in one event log. A run that exceeds it ends with stream_limit.", &Config::stream_events_max},
    {"answer_bytes_max", Unit::size, "8MiB", kibibyte, 32 * mebibyte, "", "Maximum size of the text of one answer. A call that exceeds it ends with stream_limit and the text so far. The response_bytes_max of a provider limits the bytes of a response, which are many times its text: raise both for longer answers.", &Config::answer_bytes_max},
    {"queue_events_max", Unit::count, "65536", 64, 16'777'216, "", "Maximum events of one stream that wait to be numbered and stored (backpressure limit).", &Config::queue_events_max},

    {"connect_timeout_ms", Unit::duration, "10s", 10, 600'000, "", "Timeout of a provider's DNS lookup, and again of the connection including TLS.", &Config::connect_timeout},
    {"first_token_timeout_ms", Unit::duration, "0", 0, day_ms, "", "Timeout from the start of an attempt to the first text or reasoning. 0 selects 120s, or 600s for Ollama and DeepSeek, which may load a model or queue first.", &Config::first_token_timeout},
    {"idle_timeout_ms", Unit::duration, "120s", 10, day_ms, "", "Timeout between two pieces of a provider's response.", &Config::idle_timeout},
    {"breaker_cooldown_ms", Unit::duration, "30s", 100, day_ms, "", "Time a model's circuit breaker stays open after 5 consecutive failures. Then one trial call is allowed.", &Config::breaker_cooldown},
    {"proxy", Unit::count, "", 0, 0, "", "Outbound proxy of all providers that set none: http://user:password@host:port, also https, socks4a and socks5h. Empty selects HTTPS_PROXY, HTTP_PROXY and ALL_PROXY of the environment, `none` no proxy. Loopback addresses are called directly.", &Config::proxy},
    {"no_proxy", Unit::count, "", 0, 0, "", "Hosts that are called directly: names with their subdomains, addresses, CIDR blocks, each with an optional port. Empty selects NO_PROXY of the environment.", &Config::no_proxy},
    {"ca_file", Unit::count, "", 0, 0, "", "PEM file of additional certificate authorities to trust for providers and proxies that set none.", &Config::ca_file},
    {"prices_file", Unit::count, "", 0, 0, "", "Price file that replaces the built-in one. It is read again on SIGHUP.", &Config::prices_file},
    {"offline_token_delay_ms", Unit::duration, "15ms", 0, 10'000, "", "Mean delay between two words of the offline provider. 0 disables the delay.", &Config::offline_token_delay},

    {"log_level", Unit::count, "info", 0, 0, "trace|debug|info|warning|error|off", "Minimum severity of log lines.", &Config::log_level},
    {"log_format", Unit::count, "text", 0, 0, "text|json", "Format of log lines.", &Config::log_format},
};
// clang-format on

Failure rejected(const Setting& setting, std::string_view text) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("\"{}\" is not {}", text, expectation(setting)),
                       fmt::format("Use {}; docs/configuration.md lists every setting.", expectation(setting))});
}

bool is_choice(std::string_view choices, std::string_view word) {
  while (!choices.empty()) {
    const auto bar = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, bar) == word) return true;
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return false;
}

std::string choice_list(const Setting& setting) {
  std::string words(setting.choices);
  for (std::size_t bar = 0; (bar = words.find('|', bar)) != std::string::npos;) words.replace(bar, 1, ", ");
  return words;
}

std::optional<std::int64_t> number_in(const Setting& setting, std::string_view text) {
  const auto value = parse_quantity(setting.unit, text);
  return value && *value >= setting.low && *value <= setting.high ? value : std::nullopt;
}

std::vector<std::string> list_in(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (const auto item = trimmed(text.substr(0, comma), " \t"); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

// Parses the text for each alternative of Field; false if the text is invalid.
struct Assign {
  Config& config;
  const Setting& setting;
  std::string_view text;

  bool operator()(std::string Config::*field) const {
    if (!setting.choices.empty() && !is_choice(setting.choices, text)) return false;
    config.*field = text;
    return true;
  }
  bool operator()(bool Config::*field) const {
    if (text != "true" && text != "false") return false;
    config.*field = text == "true";
    return true;
  }
  bool operator()(std::int64_t Config::*field) const {
    const auto value = number_in(setting, text);
    if (value) config.*field = *value;
    return value.has_value();
  }
  bool operator()(milliseconds Config::*field) const {
    const auto value = number_in(setting, text);
    if (value) config.*field = milliseconds(*value);
    return value.has_value();
  }
  bool operator()(std::vector<std::string> Config::*field) const {
    config.*field = list_in(text);
    return true;
  }
};

}  // namespace

std::span<const Setting> settings() { return table; }

const Setting* find_setting(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(table), std::end(table), [name](const Setting& row) { return row.name == name; });
  return found == std::end(table) ? nullptr : found;
}

std::string flag_of(const Setting& setting) {
  std::string flag = fmt::format("--{}", setting.name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string variable_of(const Setting& setting) {
  std::string variable = fmt::format("PLENUM_{}", setting.name);
  std::transform(variable.begin(), variable.end(), variable.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return variable;
}

Result<void> apply(Config& config, const Setting& setting, std::string_view text) {
  if (!std::visit(Assign{config, setting, text}, setting.field)) return rejected(setting, text);
  return {};
}

bool is_number(const Setting& setting) {
  return std::holds_alternative<std::int64_t Config::*>(setting.field) ||
         std::holds_alternative<milliseconds Config::*>(setting.field);
}

std::string expectation(const Setting& setting) {
  if (!setting.choices.empty()) return "one of " + choice_list(setting);
  if (std::holds_alternative<bool Config::*>(setting.field)) return "true or false";
  if (std::holds_alternative<std::string Config::*>(setting.field)) return "text";
  if (std::holds_alternative<std::vector<std::string> Config::*>(setting.field)) return "a list of strings";
  return expected_quantity(setting.unit, setting.low, setting.high);
}

std::string accepted_values(const Setting& setting) {
  if (!setting.choices.empty()) return choice_list(setting);
  return is_number(setting) ? range_text(setting.unit, setting.low, setting.high) : expectation(setting);
}

Config default_config() {
  Config config;
  for (const auto& setting : table) (void)apply(config, setting, setting.default_text);  // a test applies each
  return config;
}

}  // namespace plenum::config
