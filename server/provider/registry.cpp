#include "server/provider/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/base/strings.h"
#include "server/provider/ollama_host.h"

namespace plenum::provider {

namespace {

// Kinds of remote providers and what they write on the wire.
struct KindRow {
  std::string_view kind;
  protocol::ProtocolKind protocol;
};
constexpr KindRow kinds[] = {
    {"openai", protocol::ProtocolKind::openai},       {"openrouter", protocol::ProtocolKind::openrouter},
    {"anthropic", protocol::ProtocolKind::anthropic}, {"gemini", protocol::ProtocolKind::gemini},
    {"ollama", protocol::ProtocolKind::ollama},       {"searxng", protocol::ProtocolKind::searxng},
    {"tavily", protocol::ProtocolKind::tavily},       {"duckduckgo", protocol::ProtocolKind::duckduckgo},
};
constexpr std::string_view supported_kinds =
    "openai, openrouter, anthropic, gemini, ollama, offline, and the search engines searxng, tavily, duckduckgo";

// Providers that need no base_url in the file; in the order in which a task without members takes them.
struct KnownProvider {
  std::string_view name, kind, key_env, base_url, default_model;
};
constexpr KnownProvider known_providers[] = {
    {"openai", "openai", "OPENAI_API_KEY", "https://api.openai.com/v1", "gpt-4.1"},
    {"anthropic", "anthropic", "ANTHROPIC_API_KEY", "https://api.anthropic.com/v1", "claude-sonnet-4-5"},
    {"gemini", "gemini", "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta", "gemini-2.5-flash"},
    {"openrouter", "openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", "openrouter/auto"},
    {"xai", "openai", "XAI_API_KEY", "https://api.x.ai/v1", "grok-4.3"},
    {"perplexity", "openai", "PERPLEXITY_API_KEY", "https://api.perplexity.ai", "sonar-pro"},
    {"groq", "openai", "GROQ_API_KEY", "https://api.groq.com/openai/v1", "llama-3.3-70b-versatile"},
    {"deepseek", "openai", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1", "deepseek-chat"},
    {"mistral", "openai", "MISTRAL_API_KEY", "https://api.mistral.ai/v1", "mistral-large-latest"},
    {"together", "openai", "TOGETHER_API_KEY", "https://api.together.xyz/v1",
     "meta-llama/Llama-3.3-70B-Instruct-Turbo"},
    {"tavily", "tavily", "TAVILY_API_KEY", "https://api.tavily.com", ""},
    {"duckduckgo", "duckduckgo", "", "https://api.duckduckgo.com", ""},
    {"ollama", "ollama", "", "", ""},  // its address is that of OLLAMA_HOST
};
constexpr const char* ollama_variable = "OLLAMA_HOST";
constexpr std::string_view second_gemini_key = "GOOGLE_API_KEY";

// Ollama may load a model first, and DeepSeek keeps calls waiting with comments for up to ten minutes.
constexpr milliseconds usual_first_token{120'000};
constexpr milliseconds long_first_token{600'000};

// A search is something that a task waits for beside its first answers, and can do without.
constexpr milliseconds usual_search{10'000};
constexpr std::size_t search_bytes_max = std::size_t{1} << 20;
constexpr int search_retries_max = 1;

bool is_search_kind(std::string_view kind) { return kind == "searxng" || kind == "tavily" || kind == "duckduckgo"; }

constexpr std::string_view offline_model = "sample";

Failure invalid(std::string message, std::string remedy = {}) {
  return Failure(Error{ErrorCode::config_invalid, std::move(message), std::move(remedy)});
}

// What is known of a provider by its name, or else by its kind where that is one vendor's; null if nothing.
const KnownProvider* known(const config::ProviderConfig& table) {
  const auto find = [](auto&& is_it) {
    const auto* found = std::find_if(std::begin(known_providers), std::end(known_providers), is_it);
    return found == std::end(known_providers) ? nullptr : found;
  };
  // OpenRouter also answers in OpenAI's form, which older files name as its kind.
  const auto* named = find([&table](const KnownProvider& row) {
    return row.name == table.name && (row.kind == table.kind || (row.kind == "openrouter" && table.kind == "openai"));
  });
  if (named != nullptr || table.kind == "openai") return named;
  return find([&table](const KnownProvider& row) { return row.kind == table.kind; });
}

bool is_set(const Environment& environment, std::string_view variable) {
  const char* value = environment(std::string(variable).c_str());
  return value != nullptr && *value != '\0';
}

std::string usual_base_url(const KnownProvider& row, const Environment& environment) {
  if (row.kind != "ollama") return std::string(row.base_url);
  const char* host = environment(ollama_variable);
  return ollama_base_url(host == nullptr ? "" : host);
}

std::string usual_key_env(const KnownProvider& row, const Environment& environment) {
  const bool second =
      row.kind == "gemini" && !is_set(environment, row.key_env) && is_set(environment, second_gemini_key);
  return std::string(second ? second_gemini_key : row.key_env);
}

// The key as it may stand in a header: visible ASCII. Space around it comes from files and is dropped.
// The fault does not repeat the value.
Result<redaction::Secret> read_key(const std::string& variable, const Environment& environment) {
  const char* value = environment(variable.c_str());
  const std::string_view text = trimmed(value == nullptr ? "" : value);
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return invalid(
        fmt::format("the variable {} does not hold a key: it has spaces or bytes that are not ASCII", variable));
  }
  return redaction::Secret(text);
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

milliseconds chosen(std::int64_t of_table_ms, milliseconds otherwise) {
  return of_table_ms > 0 ? milliseconds(of_table_ms) : otherwise;
}

void set_limits(RegistryEntry& entry, const config::ProviderConfig& table, const RegistryOptions& options) {
  const bool slow = table.kind == "ollama" || table.name == "deepseek";
  const auto first_token = options.first_token_timeout.count() > 0 ? options.first_token_timeout
                           : entry.info.searches                   ? usual_search
                           : slow                                  ? long_first_token
                                                                   : usual_first_token;
  entry.bounds.connect_timeout = chosen(table.connect_timeout_ms, options.connect_timeout);
  entry.bounds.first_token_timeout = chosen(table.first_token_timeout_ms, first_token);
  entry.bounds.idle_timeout = chosen(table.idle_timeout_ms, options.idle_timeout);
  entry.bounds.head_bytes_max = static_cast<std::size_t>(table.head_bytes_max);
  entry.bounds.response_bytes_max = static_cast<std::size_t>(table.response_bytes_max);
  entry.event_bytes_max = static_cast<std::size_t>(table.event_bytes_max);
  entry.queue_max = static_cast<std::size_t>(table.queue_max);
  entry.retries_max = static_cast<int>(table.retries_max);
  if (entry.info.searches) {
    entry.bounds.idle_timeout = std::min(entry.bounds.idle_timeout, usual_search);
    entry.bounds.response_bytes_max = std::min(entry.bounds.response_bytes_max, search_bytes_max);
    entry.retries_max = std::min(entry.retries_max, search_retries_max);
  }
  entry.info.fallback = table.fallback;
  entry.info.concurrent_requests_max = static_cast<int>(table.concurrent_requests_max);
  entry.info.requests_per_minute = static_cast<int>(table.requests_per_minute);
}

Result<RegistryEntry> remote_entry(const config::ProviderConfig& table, protocol::ProtocolKind protocol,
                                   const Environment& environment) {
  const auto* usual = known(table);
  if (table.base_url.empty() && usual == nullptr) {
    return invalid("base_url is missing, for example base_url = \"http://127.0.0.1:8000/v1\"");
  }
  const auto base = parse_base_url(table.base_url.empty() ? usual_base_url(*usual, environment) : table.base_url);
  if (!base) return tl::make_unexpected(base.error());
  RegistryEntry entry;
  entry.protocol = protocol;
  entry.base = *base;
  entry.info.name = table.name;
  entry.info.kind = table.kind;
  entry.info.base_url = base->str();
  // A key is never guessed for an address that somebody wrote: it would be sent there.
  entry.info.key_env =
      table.key_env.empty() && table.base_url.empty() ? usual_key_env(*usual, environment) : table.key_env;
  if (!entry.info.key_env.empty()) {
    auto key = read_key(entry.info.key_env, environment);
    if (!key) return tl::make_unexpected(key.error());
    entry.key = std::move(*key);
    if (!base->encrypted && !base->is_this_machine() && !table.allow_insecure_http) {
      return invalid(
          fmt::format("the key in {} would travel unencrypted to {}; use https, or set "
                      "allow_insecure_http = true if that network is yours",
                      entry.info.key_env, base->host));
    }
  }
  entry.info.key_present = entry.info.key_env.empty() || !entry.key.empty();
  entry.info.searches = is_search_kind(table.kind);
  if (!entry.info.searches) set_models(entry.info, table, table.base_url.empty() ? usual->default_model : "");
  return entry;
}

Result<RegistryEntry> entry_of(const config::ProviderConfig& table, const Environment& environment) {
  for (const auto& row : kinds) {
    if (row.kind == table.kind) return remote_entry(table, row.protocol, environment);
  }
  if (table.kind == "offline") {
    if (!table.base_url.empty() || !table.key_env.empty()) {
      return invalid("a provider of kind \"offline\" asks nobody: it takes neither base_url nor key_env");
    }
    auto entry = offline_entry(table.name);
    set_models(entry.info, table, offline_model);
    return entry;
  }
  if (table.kind.empty()) return invalid(fmt::format("kind is missing; available: {}", supported_kinds));
  return invalid(fmt::format("kind \"{}\" is unknown; available: {}", table.kind, supported_kinds));
}

void add_line(std::string& faults, std::string_view fault) { faults.append(faults.empty() ? "" : "\n").append(fault); }

}  // namespace

Result<Registry> Registry::from(const std::vector<config::ProviderConfig>& configured, const Environment& environment,
                                const RegistryOptions& options) {
  Registry registry;
  std::string faults;
  for (const auto& table : configured) {
    auto entry = entry_of(table, environment);
    if (entry) {
      set_limits(*entry, table, options);
      registry.add(std::move(*entry));
    } else {
      add_line(faults, fmt::format("{}: [providers.{}]: {}", table.origin, table.name, entry.error().message));
    }
  }
  if (configured.empty()) registry.search(environment, options);
  if (faults.empty()) {  // else a provider may be missing only because its own table is wrong
    faults = registry.judge_fallback(configured);
    if (const auto wrong = registry.set_prices(options.prices); !wrong.empty()) add_line(faults, wrong);
  }
  if (!faults.empty())
    return invalid(faults, "Correct the configuration file; docs/providers.md describes its tables.");
  return registry;
}

std::string Registry::judge_fallback(const std::vector<config::ProviderConfig>& configured) const {
  std::string faults;
  for (const auto& table : configured) {
    const auto blame = [&](std::string_view what) {
      add_line(faults, fmt::format("{}: [providers.{}]: fallback: {}", table.origin, table.name, what));
    };
    for (auto member = table.fallback.begin(); member != table.fallback.end(); ++member) {
      const auto slash = member->find('/');
      const auto provider = member->substr(0, slash);
      const auto* info = find(provider);
      if (std::find(table.fallback.begin(), member, *member) != member)
        blame(fmt::format("{} stands there twice", *member));
      if (provider == table.name) {
        blame(fmt::format("{} is the provider itself, which does not answer then", *member));
      } else if (info == nullptr) {
        blame(fmt::format("there is no provider named {}", provider));
      } else if (slash == std::string::npos ? info->default_model.empty() : slash + 1 == member->size()) {
        blame(fmt::format("{} names no model: write {}/<model>", *member, provider));
      }
    }
  }
  return faults;
}

std::string Registry::set_prices(const std::vector<config::PriceConfig>& prices) {
  std::string faults;
  for (const auto& row : prices) {
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&row](const auto& candidate) { return candidate.info.name == row.provider; });
    if (entry == entries_.end()) {
      add_line(faults, fmt::format("{}: [prices]: there is no provider named {}", row.origin, row.provider));
      continue;
    }
    entry->prices.set(row.model, Price{row.input, row.output, row.cached_input, row.cache_write});
    auto& info = infos_[static_cast<std::size_t>(entry - entries_.begin())];
    info.prices.push_back({row.model, row.input, row.output, row.cached_input, row.cache_write});
    entry->info.prices = info.prices;
  }
  return faults;
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

// Every known provider is listed, so that asking for one without a key says which variable to set; but
// Ollama, which needs no key, only when the environment says where it is.
void Registry::search(const Environment& environment, const RegistryOptions& options) {
  bool any_answers = false;
  for (const auto& row : known_providers) {
    if (row.kind == "ollama" && !is_set(environment, ollama_variable)) continue;
    config::ProviderConfig table;
    table.name = row.name;
    table.kind = row.kind;
    auto entry = entry_of(table, environment);
    if (!entry) {
      notes_.push_back(fmt::format("{}; the provider {} is left out", entry.error().message, row.name));
      continue;
    }
    set_limits(*entry, table, options);
    any_answers |= entry->info.key_present && !entry->info.default_model.empty();
    add(std::move(*entry));
  }
  if (any_answers) return;
  notes_.push_back("no provider's key was found in the environment: the offline provider answers with sample text");
  add(offline_entry("offline"));
}

}  // namespace plenum::provider
