#include "server/config/provider_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "server/config/parameter_keys.h"
#include "server/config/toml_values.h"

namespace plenum::config {

namespace {

using std::chrono::milliseconds;

const ProviderNumber numbers[] = {
    {"concurrent_requests_max", Unit::count, 0, 10'000, &ProviderConfig::concurrent_requests_max,
     "concurrency limit; 0 disables it"},
    {"requests_per_minute", Unit::count, 0, 1'000'000, &ProviderConfig::requests_per_minute,
     "rate limit; 0 disables it"},
    {"queue_max", Unit::count, 0, 100'000, &ProviderConfig::queue_max, "calls that may wait for these two limits"},
    {"retries_max", Unit::count, 0, 3, &ProviderConfig::retries_max, "retries after a failure before the first token"},
    {"connect_timeout_ms", Unit::duration, 10, 600'000, &ProviderConfig::connect_timeout,
     "overrides the setting of the same name"},
    {"first_token_timeout_ms", Unit::duration, 10, day_ms, &ProviderConfig::first_token_timeout,
     "overrides the setting of the same name"},
    {"idle_timeout_ms", Unit::duration, 10, day_ms, &ProviderConfig::idle_timeout,
     "overrides the setting of the same name"},
    {"response_bytes_max", Unit::size, kibibyte, 1024 * mebibyte, &ProviderConfig::response_bytes_max,
     "maximum response size"},
    {"event_bytes_max", Unit::size, kibibyte, 64 * mebibyte, &ProviderConfig::event_bytes_max,
     "maximum size of one line, one event, and a response that is not streamed"},
    {"head_bytes_max", Unit::size, kibibyte, mebibyte, &ProviderConfig::head_bytes_max,
     "maximum size of the response headers"},
};
constexpr std::string_view other_keys[] = {"kind",          "base_url",          "key_env",     "models",
                                           "default_model", "default_models",    "price_list",  "allow_insecure_http",
                                           "fallback",      "structured_output", "attachments", "proxy",
                                           "ca_file",       "client_cert",       "client_key"};
constexpr std::size_t name_bytes_max = 64;

bool is_provider_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

void wrong_type(FileErrors& errors, const toml::key& key, const toml::node& node, std::string_view expected) {
  errors.add(node.source(), fmt::format("{} must be {}, not {}", key.str(), expected, type_name(node)));
}

void read_text(FileErrors& errors, const toml::key& key, const toml::node& node, std::string& out) {
  if (const auto* text = node.as_string()) {
    out = text->get();
  } else {
    wrong_type(errors, key, node, "a string");
  }
}

void read_kind(FileErrors& errors, const toml::key& key, const toml::node& node, ProviderConfig& provider) {
  const auto* text = node.as_string();
  if (text == nullptr) return wrong_type(errors, key, node, "a string");
  provider.kind = core::provider_kind_named(text->get());
  if (provider.kind) return;
  errors.add(node.source(),
             fmt::format("kind \"{}\" is unknown; available: {}", text->get(), core::provider_kind_list()));
}

void read_structured_output(FileErrors& errors, const toml::key& key, const toml::node& node,
                            ProviderConfig& provider) {
  using enum core::ProviderInfo::StructuredOutput;
  constexpr std::pair<std::string_view, core::ProviderInfo::StructuredOutput> values[] = {
      {"json_schema", json_schema}, {"tool", tool}, {"none", none}};
  const auto* text = node.as_string();
  for (const auto& [name, value] : values) {
    if (text != nullptr && text->get() == name) {
      provider.structured_output = value;
      return;
    }
  }
  errors.add(node.source(), fmt::format("{} must be \"json_schema\", \"tool\" or \"none\"", key.str()));
}

void read_attachments(FileErrors& errors, const toml::key& key, const toml::node& node, ProviderConfig& provider) {
  const auto* items = node.as_array();
  if (items == nullptr) return wrong_type(errors, key, node, R"(a list of "image" and "pdf")");
  provider.attachments.emplace();
  for (const auto& item : *items) {
    const auto* text = item.as_string();
    const bool is_image = text != nullptr && text->get() == name_of(AttachmentKind::image);
    if (is_image || (text != nullptr && text->get() == name_of(AttachmentKind::pdf))) {
      provider.attachments->add(is_image ? AttachmentKind::image : AttachmentKind::pdf);
    } else {
      errors.add(item.source(), fmt::format("each item of {} must be \"image\" or \"pdf\"", key.str()));
    }
  }
}

void read_names(FileErrors& errors, const toml::key& key, const toml::node& node, std::vector<std::string>& out) {
  const auto* items = node.as_array();
  if (items == nullptr) return wrong_type(errors, key, node, "a list of strings");
  for (const auto& item : *items) {
    const auto* text = item.as_string();
    if (text == nullptr || text->get().empty()) {
      errors.add(item.source(), fmt::format("each item of {} must be a string that is not empty", key.str()));
    } else {
      out.push_back(text->get());
    }
  }
}

void read_number(FileErrors& errors, const toml::key& key, const toml::node& node, const ProviderNumber& row,
                 ProviderConfig& provider) {
  const auto expected = expected_quantity(row.unit, row.low, row.high);
  const auto text = number_text(row.unit, node);
  if (!text) return wrong_type(errors, key, node, expected);
  const auto value = parse_quantity(row.unit, *text);
  if (!value || *value < row.low || *value > row.high) {
    return errors.add(node.source(), fmt::format("{} must be {}, not {}", row.name, expected, *text));
  }
  if (const auto* duration = std::get_if<milliseconds ProviderConfig::*>(&row.field)) {
    provider.*(*duration) = milliseconds(*value);
  } else {
    provider.*std::get<std::int64_t ProviderConfig::*>(row.field) = *value;
  }
}

void read_key(FileErrors& errors, const toml::key& key, const toml::node& node, ProviderConfig& provider) {
  if (key == "kind") return read_kind(errors, key, node, provider);
  if (key == "base_url") return read_text(errors, key, node, provider.base_url);
  if (key == "key_env") return read_text(errors, key, node, provider.key_env);
  if (key == "models") return read_names(errors, key, node, provider.models);
  if (key == "fallback") return read_names(errors, key, node, provider.fallback);
  if (key == "default_models") return read_names(errors, key, node, provider.default_models);
  if (key == "default_model") {
    std::string model;
    read_text(errors, key, node, model);
    if (!model.empty()) provider.default_models.push_back(std::move(model));
    return;
  }
  if (key == "price_list") return read_text(errors, key, node, provider.price_list);
  if (key == "proxy") return read_text(errors, key, node, provider.proxy);
  if (key == "ca_file") return read_text(errors, key, node, provider.ca_file);
  if (key == "client_cert") return read_text(errors, key, node, provider.client_cert);
  if (key == "client_key") return read_text(errors, key, node, provider.client_key);
  if (key == "structured_output") return read_structured_output(errors, key, node, provider);
  if (key == "attachments") return read_attachments(errors, key, node, provider);
  if (key == "allow_insecure_http") {
    if (!node.is_boolean()) return wrong_type(errors, key, node, "true or false");
    provider.allow_insecure_http = node.as_boolean()->get();
    return;
  }
  std::vector<std::string_view> known(std::begin(other_keys), std::end(other_keys));
  for (const auto& row : numbers) {
    if (key == row.name) return read_number(errors, key, node, row, provider);
    known.push_back(row.name);
  }
  for (const auto& row : parameter_keys()) {
    if (key == row.name) return row.read(errors, row, node, provider.parameters);
    known.push_back(row.name);
  }
  errors.unknown_key(key, "a key of a provider", known);
}

}  // namespace

std::span<const ProviderNumber> provider_numbers() { return numbers; }

std::vector<ProviderConfig> read_providers(FileErrors& errors, const toml::node& node) {
  std::vector<ProviderConfig> providers;
  const auto* tables = node.as_table();
  if (tables == nullptr) {
    errors.add(node.source(),
               fmt::format("providers must contain tables such as [providers.openai], not {}", type_name(node)));
    return providers;
  }
  std::vector<std::pair<toml::source_position, ProviderConfig>> found;
  for (const auto& [name, value] : *tables) {
    const auto* table = value.as_table();
    if (!is_provider_name(name.str())) {
      errors.add(name.source(), fmt::format("\"{}\" is not a provider name: use a-z, 0-9, _ and -", name.str()));
    } else if (table == nullptr) {
      errors.add(value.source(), fmt::format("providers.{} must be a table, not {}", name.str(), type_name(value)));
    } else {
      ProviderConfig provider;
      provider.name = name.str();
      provider.origin = errors.position(name.source());
      for (const auto& [key, entry] : *table) read_key(errors, key, entry, provider);
      if (table->contains("default_model") && table->contains("default_models")) {
        errors.add(table->source(), "default_model and default_models are both set: keep default_models");
      }
      found.emplace_back(name.source().begin, std::move(provider));
    }
  }
  // toml++ sorts tables by name; the order of the file determines the default members.
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [position, provider] : found) providers.push_back(std::move(provider));
  return providers;
}

}  // namespace plenum::config
