#include "server/config/config_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>

#include "common/base/strings.h"

namespace plenum::config {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t day_ms = 24 * 3600 * 1000;
constexpr std::int64_t mebibyte = std::int64_t{1} << 20;
constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

// clang-format off
const Setting table[] = {
    {"listen", "", "127.0.0.1:8080", 0, 0, "", "Address and port to listen on; port 0 takes a free one.", &Config::listen},
    {"allow_public", "", "false", 0, 0, "", "Listen on an address that other machines can reach, although nobody is asked who they are.", &Config::allow_public},
    {"allowed_hosts", "", "", 0, 0, "", "Names that a request's Host may have besides loopback names and the listen address.", &Config::allowed_hosts},
    {"allowed_origins", "", "", 0, 0, "", "Web origins (scheme://host:port) whose pages may use this server.", &Config::allowed_origins},

    {"store", "", "sqlite", 0, 0, "", "Where tasks and their event logs are kept: sqlite:PATH in this file; sqlite in plenum/plenum.db below $XDG_STATE_HOME or ~/.local/state; memory nowhere, they are lost when the server stops.", &Config::store},
    {"store_bytes_max", "bytes", "10737418240", 0, 1024 * gibibyte, "", "With sqlite: room for all tasks in the file; when they take more, the oldest that have ended go; 0 sets no bound.", &Config::store_bytes_max},
    {"on_restart", "", "resume", 0, 0, "resume|interrupt", "What becomes of tasks that ran when the server stopped: they go on from the steps that had finished, or end as interrupted with what there was. Needs a store that keeps them.", &Config::on_restart},
    {"task_retention_ms", "ms", "0", 0, 3660 * day_ms, "", "Time that an ended task is kept after it was last asked for, unless the task says so itself (ttl_s); 0 is an hour in memory and 30 days with sqlite.", &Config::task_retention},
    {"memory_ttl_ms", "ms", "900000", 100, 366 * day_ms, "", "With sqlite: time after which an ended task that nobody asks for leaves memory and is read from the file again.", &Config::memory_ttl},
    {"workflows_dir", "", "", 0, 0, "", "Folder of further workflow files; a file replaces a built-in workflow of its name.", &Config::workflows_dir},
    {"conversation_tokens", "tokens", "8000", 0, 10'000'000, "", "Room for earlier turns of a conversation in each prompt, at about four bytes a token; the newest come first; 0 shows none.", &Config::conversation_tokens},
    {"cache_bytes_max", "bytes", "67108864", 0, 64 * gibibyte, "", "Memory for whole answers, which the same task gets again without asking anybody; 0 keeps none.", &Config::cache_bytes_max},
    {"cache_ttl_ms", "ms", "86400000", 1000, 366 * day_ms, "", "How long such an answer is kept at most.", &Config::cache_ttl},
    {"event_loops", "count", "0", 0, 256, "", "Event loops, each on its own thread; 0 is one for every processor that the process may use.", &Config::event_loops},
    {"request_threads", "count", "32", 1, 256, "", "Threads that answer short requests; none of them ever waits for a stream, but those that accept tasks wait for the disk, together.", &Config::request_threads},
    {"request_queue_max", "count", "1024", 1, 1'000'000, "", "Requests that may wait for such a thread; further ones are answered 503.", &Config::request_queue_max},

    {"connections_max", "count", "15000", 1, 10'000'000, "", "Open connections; one more is closed as soon as it is accepted.", &Config::connections_max},
    {"connections_per_address_max", "count", "0", 0, 10'000'000, "", "Open connections of requests from one address; 0 is no bound of its own.", &Config::connections_per_address_max},
    {"body_bytes_max", "bytes", "1048576", 1024, 64 * mebibyte, "", "Size of a request body; a larger one is answered 413.", &Config::body_bytes_max},
    {"head_timeout_ms", "ms", "10000", 10, day_ms, "", "Time in which a whole request head must have arrived.", &Config::head_timeout},
    {"body_timeout_ms", "ms", "30000", 10, day_ms, "", "Time in which a whole request body must have arrived.", &Config::body_timeout},
    {"reply_timeout_ms", "ms", "30000", 10, day_ms, "", "Time in which a whole reply must have been taken by the client.", &Config::reply_timeout},
    {"keep_alive_idle_ms", "ms", "75000", 10, day_ms, "", "Time that a connection may wait for its next request.", &Config::keep_alive_idle},

    {"heartbeat_ms", "ms", "15000", 10, 3'600'000, "", "Silence on an event stream after which a heartbeat is sent.", &Config::heartbeat},
    {"subscriber_write_timeout_ms", "ms", "30000", 10, day_ms, "", "Time after which a reader that accepts no byte is cut off; it can resume.", &Config::subscriber_write_timeout},
    {"shutdown_grace_ms", "ms", "10000", 0, 600'000, "", "Window over which connections end when the server is told to stop.", &Config::shutdown_grace},

    {"streams_max", "count", "100000", 1, 100'000'000, "", "Streams held at once, finished ones included.", &Config::streams_max},
    {"running_tasks_max", "count", "2000", 1, 1'000'000, "", "Tasks that may run at once; further ones are answered 503.", &Config::running_tasks_max},
    {"event_memory_bytes_max", "bytes", "1073741824", mebibyte, 1024 * gibibyte, "", "Memory of all event logs together.", &Config::event_memory_bytes_max},
    {"stream_bytes_max", "bytes", "268435456", 64 * 1024, 4 * gibibyte - 1, "", "Size of one stream's log; a run that would exceed it ends with stream_limit.", &Config::stream_bytes_max},
    {"stream_memory_bytes_max", "bytes", "67108864", 64 * 1024, 4 * gibibyte - 1, "", "Memory of one stream's log; the oldest events leave it, and a reader that asks for them gets the folded state and what follows.", &Config::stream_memory_bytes_max},
    {"stream_events_max", "count", "1000000", 100, 1'000'000'000, "", "Events in one stream's log; likewise.", &Config::stream_events_max},
    {"queue_events_max", "count", "65536", 64, 16'777'216, "", "Events of one stream that may wait to be numbered and stored.", &Config::queue_events_max},

    {"connect_timeout_ms", "ms", "10000", 10, 600'000, "", "Time to find a provider's name, and again to connect to it, encryption included.", &Config::connect_timeout},
    {"first_token_timeout_ms", "ms", "0", 0, day_ms, "", "Time from the start of an attempt to the first text or reasoning of its answer; 0 is 120000, and 600000 for Ollama and DeepSeek, which may load a model or queue first.", &Config::first_token_timeout},
    {"idle_timeout_ms", "ms", "120000", 10, day_ms, "", "Silence in the middle of a provider's answer after which the call is given up.", &Config::idle_timeout},
    {"breaker_cooldown_ms", "ms", "30000", 100, day_ms, "", "Time for which a provider is not asked after 5 failed calls in a row; then one call tries.", &Config::breaker_cooldown},
    {"ca_file", "", "", 0, 0, "", "PEM file of further authorities whose certificates are trusted for providers.", &Config::ca_file},
    {"offline_token_delay_ms", "ms", "15", 0, 10'000, "", "Mean time between two words of the offline provider; 0 is at once.", &Config::offline_token_delay},

    {"log_level", "", "info", 0, 0, "trace|debug|info|warning|error|off", "Least serious log lines that are written.", &Config::log_level},
    {"log_format", "", "text", 0, 0, "text|json", "Form of the log lines.", &Config::log_format},
};
// clang-format on

Failure refused(const Setting& setting, std::string_view text) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("\"{}\" is not {}", text, expectation(setting)),
                       fmt::format("Give {}; docs/configuration.md lists every setting.", expectation(setting))});
}

bool among(std::string_view choices, std::string_view word) {
  while (!choices.empty()) {
    const auto bar = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, bar) == word) return true;
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return false;
}

std::optional<std::int64_t> number_in(const Setting& setting, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < setting.low || value > setting.high) return std::nullopt;
  return value;
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

// Each alternative of Field reads the text in its own way; false when the text is not of its type.
struct Assign {
  Config& config;
  const Setting& setting;
  std::string_view text;

  bool operator()(std::string Config::*field) const {
    if (!setting.choices.empty() && !among(setting.choices, text)) return false;
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

// Levenshtein's distance with one row.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

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
  if (!std::visit(Assign{config, setting, text}, setting.field)) return refused(setting, text);
  return {};
}

std::string expectation(const Setting& setting) {
  if (!setting.choices.empty()) {
    std::string words(setting.choices);
    for (std::size_t bar = 0; (bar = words.find('|', bar)) != std::string::npos;) words.replace(bar, 1, ", ");
    return "one of " + words;
  }
  if (std::holds_alternative<bool Config::*>(setting.field)) return "true or false";
  if (std::holds_alternative<std::string Config::*>(setting.field)) return "text";
  if (std::holds_alternative<std::vector<std::string> Config::*>(setting.field)) return "a list of texts";
  const auto unit = setting.unit == "ms" ? " milliseconds" : setting.unit == "bytes" ? " bytes" : "";
  return fmt::format("a whole number from {} to {}{}", setting.low, setting.high, unit);
}

Config default_config() {
  Config config;
  for (const auto& setting : table) (void)apply(config, setting, setting.fallback);  // a test applies each
  return config;
}

std::string nearest_name(std::string_view typed, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, typed.size() / 3) + 1;
  for (const auto name : known) {
    const auto apart = distance(typed, name);
    if (apart < best_distance) {
      best = name;
      best_distance = apart;
    }
  }
  return std::string(best);
}

}  // namespace plenum::config
