#include "server/provider/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace plenum::provider {

namespace {

// Providers that speak the OpenAI protocol and need no table in the file; in the order in which a task
// without members takes them.
struct KnownProvider {
  std::string_view name, key_env, base_url, default_model;
};
constexpr KnownProvider known_providers[] = {
    {"openai", "OPENAI_API_KEY", "https://api.openai.com/v1", "gpt-4.1"},
    {"openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", "openrouter/auto"},
    {"xai", "XAI_API_KEY", "https://api.x.ai/v1", "grok-4.3"},
    {"perplexity", "PERPLEXITY_API_KEY", "https://api.perplexity.ai", "sonar-pro"},
    {"groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1", "llama-3.3-70b-versatile"},
    {"deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1", "deepseek-chat"},
    {"mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1", "mistral-large-latest"},
    {"together", "TOGETHER_API_KEY", "https://api.together.xyz/v1", "meta-llama/Llama-3.3-70B-Instruct-Turbo"},
};

// Protocols that this version does not speak; their keys are common in people's environments.
constexpr std::string_view keys_not_spoken[] = {"ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"};
constexpr std::string_view kinds_spoken = "openai, openrouter, anthropic, gemini, ollama, offline";

// Kinds that are asked over the network, with the address where one is usual.
struct RemoteKind {
  std::string_view kind;
  wire::DialectName dialect;
  std::string_view base_url;
};
constexpr RemoteKind remote_kinds[] = {
    {"openai", wire::DialectName::openai, ""},
    {"openrouter", wire::DialectName::openrouter, "https://openrouter.ai/api/v1"},
    {"anthropic", wire::DialectName::anthropic, "https://api.anthropic.com/v1"},
    {"gemini", wire::DialectName::gemini, "https://generativelanguage.googleapis.com/v1beta"},
    {"ollama", wire::DialectName::ollama, "http://127.0.0.1:11434/v1"},
};

constexpr std::string_view offline_model = "sample";

Failure invalid(std::string message, std::string remedy = {}) {
  return Failure(Error{ErrorCode::config_invalid, std::move(message), std::move(remedy)});
}

const KnownProvider* known(std::string_view name) {
  const auto* found = std::find_if(std::begin(known_providers), std::end(known_providers),
                                   [name](const KnownProvider& row) { return row.name == name; });
  return found == std::end(known_providers) ? nullptr : found;
}

const RemoteKind* remote_kind(std::string_view name) {
  const auto* found = std::find_if(std::begin(remote_kinds), std::end(remote_kinds),
                                   [name](const RemoteKind& row) { return row.kind == name; });
  return found == std::end(remote_kinds) ? nullptr : found;
}

// The key as it may stand in a header: visible ASCII. Space around it comes from files and is dropped.
// The fault does not repeat the value.
Result<secret::Secret> read_key(const std::string& variable, const Environment& environment) {
  const char* value = environment(variable.c_str());
  std::string_view text = value == nullptr ? "" : value;
  constexpr std::string_view space = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
  text.remove_suffix(text.size() - (text.find_last_not_of(space) + 1));
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return invalid(
        fmt::format("the variable {} does not hold a key: it has spaces or bytes that are not ASCII", variable));
  }
  return secret::Secret(text);
}

RegistryEntry offline_entry(std::string name) {
  RegistryEntry entry;
  entry.info.name = std::move(name);
  entry.info.kind = "offline";
  entry.info.key_present = true;
  entry.info.models = {std::string(offline_model)};
  entry.info.default_model = offline_model;
  return entry;
}

void set_models(core::ProviderInfo& info, const config::ProviderConfig& table, std::string_view usual) {
  if (!table.models.empty()) info.models = table.models;
  info.default_model = !table.default_model.empty()  ? table.default_model
                       : !table.models.empty()       ? table.models.front()
                       : !info.default_model.empty() ? info.default_model
                                                     : std::string(usual);
  const auto& chosen = info.default_model;
  if (!chosen.empty() && std::find(info.models.begin(), info.models.end(), chosen) == info.models.end()) {
    info.models.insert(info.models.begin(), chosen);
  }
}

Result<RegistryEntry> remote_entry(const config::ProviderConfig& table, const RemoteKind& kind,
                                   const Environment& environment) {
  const auto* usual = known(table.name);
  const auto address = !table.base_url.empty() ? std::string_view(table.base_url)
                       : usual != nullptr      ? usual->base_url
                                               : kind.base_url;
  if (address.empty()) {
    return invalid("base_url is missing, for example base_url = \"http://127.0.0.1:11434/v1\"");
  }
  const auto base = parse_base_url(address);
  if (!base) return tl::make_unexpected(base.error());
  RegistryEntry entry;
  entry.dialect = kind.dialect;
  entry.base = *base;
  entry.info.name = table.name;
  entry.info.kind = kind.kind;
  entry.info.base_url = base->str();
  // A key is never guessed for an address that somebody wrote: it would be sent there.
  const bool usual_address = table.base_url.empty() && usual != nullptr;
  entry.info.key_env = table.key_env.empty() && usual_address ? std::string(usual->key_env) : table.key_env;
  if (!entry.info.key_env.empty()) {
    auto key = read_key(entry.info.key_env, environment);
    if (!key) return tl::make_unexpected(key.error());
    entry.key = std::move(*key);
    if (!base->encrypted && !base->is_this_machine() && !table.allow_plain_http) {
      return invalid(
          fmt::format("the key in {} would travel unencrypted to {}; use https, or set "
                      "allow_plain_http = true if that network is yours",
                      entry.info.key_env, base->host));
    }
  }
  entry.info.key_present = entry.info.key_env.empty() || !entry.key.empty();
  set_models(entry.info, table, usual_address ? usual->default_model : "");
  return entry;
}

Result<RegistryEntry> entry_of(const config::ProviderConfig& table, const Environment& environment) {
  const auto* remote = remote_kind(table.kind);
  if (remote != nullptr) return remote_entry(table, *remote, environment);
  if (table.kind == "offline") {
    if (!table.base_url.empty() || !table.key_env.empty()) {
      return invalid("a provider of kind \"offline\" asks nobody: it takes neither base_url nor key_env");
    }
    auto entry = offline_entry(table.name);
    set_models(entry.info, table, offline_model);
    return entry;
  }
  if (table.kind.empty()) return invalid(fmt::format("kind is missing; available: {}", kinds_spoken));
  return invalid(fmt::format("kind \"{}\" is unknown; available: {}", table.kind, kinds_spoken));
}

}  // namespace

Result<Registry> Registry::from(const std::vector<config::ProviderConfig>& configured, const Environment& environment) {
  Registry registry;
  std::string faults;
  for (const auto& table : configured) {
    auto entry = entry_of(table, environment);
    if (entry) {
      registry.add(std::move(*entry));
    } else {
      faults += fmt::format("{}{}: [providers.{}]: {}", faults.empty() ? "" : "\n", table.origin, table.name,
                            entry.error().message);
    }
  }
  if (!faults.empty()) return invalid(faults, "Correct the [providers] tables; docs/providers.md describes them.");
  if (configured.empty()) registry.search(environment);
  return registry;
}

const core::ProviderInfo* Registry::find(std::string_view name) const {
  const auto found = std::find_if(infos_.begin(), infos_.end(), [name](const auto& info) { return info.name == name; });
  return found == infos_.end() ? nullptr : &*found;
}

std::vector<std::string_view> Registry::keys() const {
  std::vector<std::string_view> keys;
  for (const auto& entry : entries_) {
    if (!entry.key.empty()) keys.push_back(entry.key.reveal());
  }
  return keys;
}

void Registry::add(RegistryEntry entry) {
  infos_.push_back(entry.info);
  entries_.push_back(std::move(entry));
}

// Every known provider is listed, so that asking for one without a key says which variable to set.
void Registry::search(const Environment& environment) {
  bool any_key = false;
  for (const auto& row : known_providers) {
    config::ProviderConfig table;
    table.name = row.name;
    table.kind = remote_kind(row.name) == nullptr ? "openai" : row.name;
    auto entry = remote_entry(table, *remote_kind(table.kind), environment);
    if (!entry) {
      notes_.push_back(fmt::format("{}; the provider {} is left out", entry.error().message, row.name));
      continue;
    }
    any_key |= entry->info.key_present;
    add(std::move(*entry));
  }
  for (const auto variable : keys_not_spoken) {
    const char* value = environment(std::string(variable).c_str());
    if (value != nullptr && *value != '\0') {
      notes_.push_back(fmt::format("{} is set, but this version does not speak its provider's protocol; available: {}",
                                   variable, kinds_spoken));
    }
  }
  if (any_key) return;
  notes_.push_back("no provider's key was found in the environment: the offline provider answers with sample text");
  add(offline_entry("offline"));
}

}  // namespace plenum::provider
