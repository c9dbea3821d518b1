#include "server/provider/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/config/config_load.h"
#include "server/core/default_models.h"
#include "server/core/provider_kind.h"
#include "server/provider/key_variable.h"

namespace plenum::provider {

namespace {

using core::ProviderKind;
using StructuredOutput = core::ProviderInfo::StructuredOutput;

// Ollama may load a model first, and DeepSeek queues calls for up to ten minutes.
constexpr milliseconds default_first_token{120'000};
constexpr milliseconds long_first_token{600'000};

// A task can continue without a failed search, so searches have tighter limits.
constexpr milliseconds search_timeout{10'000};
constexpr std::size_t search_bytes_max = std::size_t{1} << 20;
constexpr int search_retries_max = 1;

// Three, so that a workflow that compares answers runs without a key.
const std::vector<std::string> offline_models = {"sample-a", "sample-b", "sample-c"};

Failure invalid(std::string message, std::string remedy = {}) {
  return Failure(Error{ErrorCode::config_invalid, std::move(message), std::move(remedy)});
}

RegistryEntry offline_entry(std::string name) {
  RegistryEntry entry;
  entry.info.name = std::move(name);
  entry.info.kind = ProviderKind::offline;
  entry.info.key_present = true;
  entry.info.models = offline_models;
  entry.info.default_models = offline_models;
  return entry;
}

void set_models(core::ProviderInfo& info, const config::ProviderConfig& table, std::vector<std::string> known) {
  if (!table.models.empty()) info.models = table.models;
  if (!table.default_models.empty()) {
    info.default_models = table.default_models;
  } else if (!table.models.empty()) {
    // Every model of the offline provider is a default one.
    info.default_models = info.kind == ProviderKind::offline ? table.models : std::vector{table.models.front()};
  } else if (info.default_models.empty()) {
    info.default_models = std::move(known);
  }
  for (auto model = info.default_models.rbegin(); model != info.default_models.rend(); ++model) {
    if (std::find(info.models.begin(), info.models.end(), *model) == info.models.end()) {
      info.models.insert(info.models.begin(), *model);
    }
  }
}

// A configured address may be any server: only what the table states is known of it.
StructuredOutput structured_output_of(const config::ProviderConfig& table, const KnownProvider* defaults) {
  if (table.structured_output) return *table.structured_output;
  return defaults != nullptr && table.base_url.empty() ? defaults->structured_output : StructuredOutput::none;
}

// A vendor's list prices are due at its own address only; another address may be any server. `price_list` states that a
// server charges the prices of a vendor.
std::string price_vendor_of(const config::ProviderConfig& table, const BaseUrl& base) {
  if (!table.price_list.empty()) return table.price_list;
  for (const KnownProvider& known : known_providers()) {
    if (known.base_url.empty()) continue;
    const auto address = parse_base_url(std::string(known.base_url));
    if (address && address->str() == base.str()) return std::string(known.name);
  }
  return {};
}

// Of another address, what its protocol defines; a model that rejects it is called without.
core::AttachmentKinds attachments_of(const config::ProviderConfig& table, ProviderKind kind,
                                     const KnownProvider* defaults) {
  if (table.attachments) return *table.attachments;
  if (defaults != nullptr && table.base_url.empty()) return defaults->attachments;
  if (kind == ProviderKind::openai || kind == ProviderKind::ollama) return {AttachmentKind::image};
  return {AttachmentKind::image, AttachmentKind::pdf};
}

milliseconds chosen(milliseconds of_table, milliseconds otherwise) {
  return of_table.count() > 0 ? of_table : otherwise;
}

void set_limits(RegistryEntry& entry, const config::ProviderConfig& table, const RegistryOptions& options) {
  const bool slow = entry.info.kind == ProviderKind::ollama || table.name == "deepseek";
  const auto first_token = options.first_token_timeout.count() > 0 ? options.first_token_timeout
                           : entry.info.searches                   ? search_timeout
                           : slow                                  ? long_first_token
                                                                   : default_first_token;
  entry.limits.connect_timeout = chosen(table.connect_timeout, options.connect_timeout);
  entry.limits.first_token_timeout = chosen(table.first_token_timeout, first_token);
  entry.limits.idle_timeout = chosen(table.idle_timeout, options.idle_timeout);
  entry.limits.head_bytes_max = static_cast<std::size_t>(table.head_bytes_max);
  entry.limits.response_bytes_max = static_cast<std::size_t>(table.response_bytes_max);
  entry.event_bytes_max = static_cast<std::size_t>(table.event_bytes_max);
  entry.queue_max = static_cast<std::size_t>(table.queue_max);
  entry.retries_max = static_cast<int>(table.retries_max);
  if (entry.info.searches) {
    entry.limits.idle_timeout = std::min(entry.limits.idle_timeout, search_timeout);
    entry.limits.response_bytes_max = std::min(entry.limits.response_bytes_max, search_bytes_max);
    entry.retries_max = std::min(entry.retries_max, search_retries_max);
  }
  entry.info.fallback = table.fallback;
  entry.info.concurrent_requests_max = static_cast<int>(table.concurrent_requests_max);
  entry.info.requests_per_minute = static_cast<int>(table.requests_per_minute);
}

// The path of the API below a bare host. The paths of compatible servers are known; a path that a table states stays.
std::string_view usual_path(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::openai:
    case ProviderKind::ollama:
    case ProviderKind::anthropic:
      return "/v1";
    case ProviderKind::openrouter:
      return "/api/v1";
    case ProviderKind::gemini:
      return "/v1beta";
    default:
      return {};  // search engines have none
  }
}

// Perplexity's API has no path.
bool is_known_address(const BaseUrl& base) {
  const auto known = known_providers();
  return std::any_of(known.begin(), known.end(), [&](const KnownProvider& row) { return row.base_url == base.str(); });
}

// Whether requests cross no network.
bool stays_on_this_machine(const RegistryEntry& entry) {
  return entry.base.is_this_machine() && (!entry.connection.proxy || config::is_loopback(entry.connection.proxy->host));
}

Result<RegistryEntry> remote_entry(const config::ProviderConfig& table, ProviderKind kind,
                                   const Environment& environment, std::vector<std::string>& notes,
                                   ConnectionPlanner& connections) {
  const auto* defaults = find_known_provider(table.name, kind);
  if (table.base_url.empty() && defaults == nullptr) {
    return invalid("base_url is missing, for example base_url = \"http://127.0.0.1:8000/v1\"");
  }
  auto base = parse_base_url(table.base_url.empty() ? defaults->base_url_in(environment) : table.base_url);
  if (!base) return tl::make_unexpected(base.error());
  if (base->path.empty() && !is_known_address(*base)) base->path = usual_path(kind);
  auto connection = connections.connection_of(table, *base);
  if (!connection) {
    return invalid(fmt::format("{}. {}", connection.error().message, connection.error().remedy));
  }
  RegistryEntry entry;
  entry.base = *base;
  entry.connection = std::move(*connection);
  entry.info.name = table.name;
  entry.info.kind = kind;
  entry.info.base_url = base->str();
  // No default key for a configured address: the key would be sent there.
  entry.info.key_env =
      table.key_env.empty() && table.base_url.empty() ? defaults->key_env_in(environment) : table.key_env;
  if (!entry.info.key_env.empty()) {
    auto key = read_key(entry.info.key_env, environment, notes);
    if (!key) return tl::make_unexpected(key.error());
    entry.key = std::move(*key);
    if (!base->encrypted && !stays_on_this_machine(entry) && !table.allow_insecure_http) {
      return invalid(
          fmt::format("the key in {} would be sent unencrypted to {}; use https, or set "
                      "allow_insecure_http = true if you trust that network",
                      entry.info.key_env, base->host));
    }
  }
  entry.info.key_present = entry.info.key_env.empty() || !entry.key.empty();
  entry.info.searches = core::is_search(kind);
  entry.price_vendor = price_vendor_of(table, *base);
  entry.info.structured_output = structured_output_of(table, defaults);
  if (!entry.info.searches) entry.info.attachments = attachments_of(table, kind, defaults);
  entry.info.parameters = table.parameters;
  if (!entry.info.searches) {
    set_models(entry.info, table, table.base_url.empty() ? defaults->default_model_list() : std::vector<std::string>());
  }
  return entry;
}

Result<RegistryEntry> entry_of(const config::ProviderConfig& table, const Environment& environment,
                               std::vector<std::string>& notes, ConnectionPlanner& connections) {
  if (!table.kind) return invalid(fmt::format("kind is missing; available: {}", core::provider_kind_list()));
  if (table.structured_output == StructuredOutput::tool && table.kind != ProviderKind::anthropic) {
    return invalid(R"(structured_output = "tool" needs kind = "anthropic"; use "json_schema")");
  }
  if (*table.kind != ProviderKind::offline) return remote_entry(table, *table.kind, environment, notes, connections);
  if (!table.base_url.empty() || !table.key_env.empty()) {
    return invalid("a provider of kind \"offline\" makes no requests: remove base_url and key_env");
  }
  if (!table.proxy.empty() || !table.ca_file.empty() || !table.client_cert.empty() || !table.client_key.empty()) {
    return invalid(
        "a provider of kind \"offline\" makes no requests: remove proxy, ca_file, client_cert and client_key");
  }
  auto entry = offline_entry(table.name);
  set_models(entry.info, table, {});
  return entry;
}

void add_line(std::string& errors, std::string_view line) { errors.append(errors.empty() ? "" : "\n").append(line); }

}  // namespace

Result<Registry> Registry::from(const std::vector<config::ProviderConfig>& configured, const Environment& environment,
                                const RegistryOptions& options) {
  Registry registry;
  std::string errors;
  auto connections = ConnectionPlanner::from(options.connection, environment);
  if (!connections) return Failure(std::move(connections.error()));
  for (const auto& table : configured) {
    auto entry = entry_of(table, environment, registry.notes_, *connections);
    if (entry) {
      set_limits(*entry, table, options);
      registry.add(std::move(*entry));
    } else {
      add_line(errors, fmt::format("{}: [providers.{}]: {}", table.origin, table.name, entry.error().message));
    }
  }
  if (configured.empty()) registry.detect(environment, options, *connections);
  if (!connections->note().empty()) registry.notes_.push_back(connections->note());
  registry.note_proxies();
  if (errors.empty()) {  // otherwise a provider may be missing only because its own table is invalid
    errors = registry.check_fallbacks(configured);
    for (const auto& wrong :
         {registry.set_prices(options.prices), registry.check_price_lists(configured, options.price_file)}) {
      if (!wrong.empty()) add_line(errors, wrong);
    }
    registry.set_price_file(options.price_file);
  }
  if (!errors.empty()) return invalid(errors, "Correct the configuration file; see docs/providers.md.");
  return registry;
}

std::string Registry::check_fallbacks(const std::vector<config::ProviderConfig>& configured) const {
  std::string errors;
  for (const auto& table : configured) {
    const auto add_error = [&](std::string_view what) {
      add_line(errors, fmt::format("{}: [providers.{}]: fallback: {}", table.origin, table.name, what));
    };
    for (auto member = table.fallback.begin(); member != table.fallback.end(); ++member) {
      const auto slash = member->find('/');
      const auto provider = member->substr(0, slash);
      const auto* info = find(provider);
      if (std::find(table.fallback.begin(), member, *member) != member)
        add_error(fmt::format("{} is listed twice", *member));
      if (provider == table.name) {
        add_error(fmt::format("{} is the provider itself", *member));
      } else if (info == nullptr) {
        add_error(fmt::format("unknown provider {}", provider));
      } else if (slash == std::string::npos ? !core::has_default(*info) : slash + 1 == member->size()) {
        add_error(fmt::format("{} has no model: write {}/<model>", *member, provider));
      }
    }
  }
  return errors;
}

std::string Registry::set_prices(const std::vector<config::PriceConfig>& prices) {
  std::string errors;
  for (const auto& row : prices) {
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&row](const auto& candidate) { return candidate.info.name == row.provider; });
    if (entry == entries_.end()) {
      add_line(errors, fmt::format("{}: [prices]: unknown provider {}", row.origin, row.provider));
      continue;
    }
    entry->prices->configure(row.price);
  }
  return errors;
}

std::string Registry::check_price_lists(const std::vector<config::ProviderConfig>& configured,
                                        const config::PriceFile& file) const {
  std::vector<std::string_view> known;
  for (const auto& vendor : file.vendors) known.push_back(vendor.vendor);
  std::string errors;
  for (const auto& table : configured) {
    if (table.price_list.empty() || file.find(table.price_list) != nullptr) continue;
    add_line(errors, fmt::format("{}: [providers.{}]: price_list: the price file has no vendor \"{}\"; it has {}",
                                 table.origin, table.name, table.price_list,
                                 known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
  }
  return errors;
}

void Registry::set_price_file(const config::PriceFile& file) const {
  for (const auto& entry : entries_) {
    const auto* vendor = entry.price_vendor.empty() ? nullptr : file.find(entry.price_vendor);
    entry.prices->set_file(vendor == nullptr ? std::vector<core::ModelPrice>() : vendor->models);
  }
  price_file_->with([&](core::PriceFileInfo& info) { info = file.info; });
}

core::PriceFileInfo Registry::price_file() const {
  return price_file_->with([](const core::PriceFileInfo& info) { return info; });
}

const core::ProviderInfo* Registry::find(std::string_view name) const {
  const auto found = std::find_if(infos_.begin(), infos_.end(), [name](const auto& info) { return info.name == name; });
  return found == infos_.end() ? nullptr : &*found;
}

std::vector<std::string_view> Registry::keys() const {
  std::vector<std::string_view> keys;
  for (const auto& entry : entries_) {
    if (!entry.key.empty()) keys.push_back(entry.key.reveal());
    if (!entry.connection.proxy) continue;
    for (const auto& form : entry.connection.proxy->redactions) {
      const bool known = std::find(keys.begin(), keys.end(), form.reveal()) != keys.end();
      if (!known) keys.push_back(form.reveal());
    }
  }
  return keys;
}

std::vector<ProviderLimitsOptions> Registry::limits(const CircuitBreakerOptions& breaker) const {
  std::vector<ProviderLimitsOptions> limits;
  for (const auto& entry : entries_) {
    limits.push_back({entry.info.name,
                      {entry.info.concurrent_requests_max, entry.info.requests_per_minute, entry.queue_max},
                      breaker,
                      entry.retries_max,
                      entry.prices});
  }
  return limits;
}

void Registry::note_proxies() {
  std::vector<std::pair<const Proxy*, std::string>> users;  // in the order of all()
  for (const auto& entry : entries_) {
    const auto* proxy = entry.connection.proxy.get();
    if (proxy == nullptr || !entry.info.key_present) continue;
    const auto found =
        std::find_if(users.begin(), users.end(), [&](const auto& known) { return known.first == proxy; });
    if (found == users.end()) {
      users.emplace_back(proxy, entry.info.name);
    } else {
      found->second += ", " + entry.info.name;
    }
  }
  for (const auto& [proxy, names] : users) {
    notes_.push_back(fmt::format("{} called through the proxy {} ({})", names, proxy->url(), proxy->source));
  }
}

void Registry::add(RegistryEntry entry) {
  entry.info.prices = entry.prices;
  infos_.push_back(entry.info);
  entries_.push_back(std::move(entry));
}

// Lists every known provider, so that using one without a key returns an error naming the variable to set; Ollama,
// which needs no key, only if OLLAMA_HOST is set.
void Registry::detect(const Environment& environment, const RegistryOptions& options, ConnectionPlanner& connections) {
  bool any_usable = false;
  for (const auto& row : known_providers()) {
    if (!row.is_detectable(environment)) continue;
    config::ProviderConfig table;
    table.name = row.name;
    table.kind = row.kind;
    auto entry = entry_of(table, environment, notes_, connections);
    if (!entry) {
      notes_.push_back(fmt::format("{}; the provider {} is disabled", entry.error().message, row.name));
      continue;
    }
    set_limits(*entry, table, options);
    any_usable |= entry->info.key_present && !entry->info.default_models.empty();
    add(std::move(*entry));
  }
  if (any_usable) return;
  notes_.push_back("no provider key in the environment: the offline provider answers with sample text");
  add(offline_entry("offline"));
}

}  // namespace plenum::provider
