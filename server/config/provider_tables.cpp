#include "server/config/provider_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "server/config/config_table.h"

namespace plenum::config {

namespace {

struct NumberKey {
  std::string_view name;
  std::int64_t low, high;
  std::int64_t ProviderConfig::*field;
};
constexpr std::int64_t day_ms = 24 * 3600 * 1000;
constexpr NumberKey number_keys[] = {
    {"concurrent_requests_max", 0, 10'000, &ProviderConfig::concurrent_requests_max},
    {"requests_per_minute", 0, 1'000'000, &ProviderConfig::requests_per_minute},
    {"queue_max", 0, 100'000, &ProviderConfig::queue_max},
    {"retries_max", 0, 3, &ProviderConfig::retries_max},
    {"connect_timeout_ms", 10, 600'000, &ProviderConfig::connect_timeout_ms},
    {"first_token_timeout_ms", 10, day_ms, &ProviderConfig::first_token_timeout_ms},
    {"idle_timeout_ms", 10, day_ms, &ProviderConfig::idle_timeout_ms},
    {"response_bytes_max", 1024, 1'073'741'824, &ProviderConfig::response_bytes_max},
    {"event_bytes_max", 1024, 67'108'864, &ProviderConfig::event_bytes_max},
    {"head_bytes_max", 1024, 1'048'576, &ProviderConfig::head_bytes_max},
};
constexpr std::string_view other_keys[] = {
    "kind", "base_url", "key_env", "models", "default_model", "allow_insecure_http", "fallback"};
constexpr std::size_t name_bytes_max = 64;

bool is_provider_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

void wrong_type(FileFaults& faults, const toml::key& key, const toml::node& node, std::string_view wanted) {
  faults.add(node.source(), fmt::format("{} must be {}, not {}", key.str(), wanted, type_word(node)));
}

void read_text(FileFaults& faults, const toml::key& key, const toml::node& node, std::string& out) {
  if (const auto* text = node.as_string()) {
    out = text->get();
  } else {
    wrong_type(faults, key, node, "a text");
  }
}

void read_names(FileFaults& faults, const toml::key& key, const toml::node& node, std::vector<std::string>& out) {
  const auto* items = node.as_array();
  if (items == nullptr) return wrong_type(faults, key, node, "a list of texts");
  for (const auto& item : *items) {
    const auto* text = item.as_string();
    if (text == nullptr || text->get().empty()) {
      faults.add(item.source(), fmt::format("{} must hold names, each a text that is not empty", key.str()));
    } else {
      out.push_back(text->get());
    }
  }
}

void read_number(FileFaults& faults, const toml::key& key, const toml::node& node, const NumberKey& row,
                 ProviderConfig& provider) {
  const auto wanted = fmt::format("a whole number from {} to {}", row.low, row.high);
  const auto* number = node.as_integer();
  if (number == nullptr) return wrong_type(faults, key, node, wanted);
  if (number->get() < row.low || number->get() > row.high) {
    return faults.add(node.source(), fmt::format("{} must be {}, not {}", row.name, wanted, number->get()));
  }
  provider.*row.field = number->get();
}

void read_key(FileFaults& faults, const toml::key& key, const toml::node& node, ProviderConfig& provider) {
  if (key == "kind") return read_text(faults, key, node, provider.kind);
  if (key == "base_url") return read_text(faults, key, node, provider.base_url);
  if (key == "key_env") return read_text(faults, key, node, provider.key_env);
  if (key == "models") return read_names(faults, key, node, provider.models);
  if (key == "fallback") return read_names(faults, key, node, provider.fallback);
  if (key == "default_model") return read_text(faults, key, node, provider.default_model);
  if (key == "allow_insecure_http") {
    if (!node.is_boolean()) return wrong_type(faults, key, node, "true or false");
    provider.allow_insecure_http = node.as_boolean()->get();
    return;
  }
  std::vector<std::string_view> known(std::begin(other_keys), std::end(other_keys));
  for (const auto& row : number_keys) {
    if (key == row.name) return read_number(faults, key, node, row, provider);
    known.push_back(row.name);
  }
  faults.unknown_key(key, "a key of a provider", known);
}

}  // namespace

void FileFaults::add(const toml::source_region& where, const std::string& what) {
  faults_.push_back(fmt::format("{}: {}", place(where), what));
}

void FileFaults::unknown_key(const toml::key& key, std::string_view kind, std::span<const std::string_view> known) {
  const auto near = nearest_name(key.str(), known);
  add(key.source(), near.empty() ? fmt::format("{} is not {}", key.str(), kind)
                                 : fmt::format("{} is not {}; did you mean {}?", key.str(), kind, near));
}

std::string FileFaults::place(const toml::source_region& where) const {
  return fmt::format("{}:{}:{}", file_, where.begin.line, where.begin.column);
}

std::string_view type_word(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

std::vector<ProviderConfig> read_providers(FileFaults& faults, const toml::node& node) {
  std::vector<ProviderConfig> providers;
  const auto* tables = node.as_table();
  if (tables == nullptr) {
    faults.add(node.source(),
               fmt::format("providers must hold tables such as [providers.openai], not {}", type_word(node)));
    return providers;
  }
  std::vector<std::pair<toml::source_position, ProviderConfig>> found;
  for (const auto& [name, value] : *tables) {
    const auto* table = value.as_table();
    if (!is_provider_name(name.str())) {
      faults.add(name.source(), fmt::format("\"{}\" cannot name a provider: use a-z, 0-9, _ and -", name.str()));
    } else if (table == nullptr) {
      faults.add(value.source(), fmt::format("providers.{} must be a table, not {}", name.str(), type_word(value)));
    } else {
      ProviderConfig provider;
      provider.name = name.str();
      provider.origin = faults.place(name.source());
      for (const auto& [key, entry] : *table) read_key(faults, key, entry, provider);
      found.emplace_back(name.source().begin, std::move(provider));
    }
  }
  // toml++ sorts tables by name; members without a model are taken in the order that was written.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [position, provider] : found) providers.push_back(std::move(provider));
  return providers;
}

}  // namespace plenum::config
