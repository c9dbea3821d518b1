// The configured providers: from the configuration file, or detected from the environment if it has none. See
// docs/providers.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/config/config.h"
#include "server/config/price_file.h"
#include "server/core/provider.h"
#include "server/provider/known_providers.h"
#include "server/provider/limits/provider_limits.h"
#include "server/provider/prices/price_book.h"
#include "server/provider/provider_connection.h"
#include "server/provider/transport/base_url.h"
#include "server/provider/transport/connection.h"
#include "server/provider/transport/transfer.h"
#include "server/redaction/secret.h"
#include "server/runtime/guarded.h"

namespace plenum::provider {

// Everything needed to call one provider. The key is sent to this base URL only: they are read together and never
// changed separately.
struct RegistryEntry {
  core::ProviderInfo info;
  BaseUrl base;           // unused for offline
  redaction::Secret key;  // empty: none is sent
  ConnectionOptions connection;
  TransferLimits limits;
  std::size_t event_bytes_max = 1024 * 1024;
  std::size_t queue_max = 1000;
  int retries_max = 2;
  std::shared_ptr<PriceBook> prices = std::make_shared<PriceBook>();  // the same as info.prices
  std::string price_vendor;                                           // whose rows of the price file apply; empty: none
};

// Whose address connections of the provider need: the proxy's, because a proxy resolves the provider's name itself,
// else the provider's.
inline const std::string& dialed_host(const RegistryEntry& entry) {
  return entry.connection.proxy ? entry.connection.proxy->host : entry.base.host;
}
inline std::uint16_t dialed_port(const RegistryEntry& entry) {
  return entry.connection.proxy ? entry.connection.proxy->port : entry.base.port;
}

// Values for all providers that do not override them. The timeouts are set by the settings table.
struct RegistryOptions {
  milliseconds connect_timeout{10'000};
  milliseconds first_token_timeout{0};  // 0: the default of the provider
  milliseconds idle_timeout{120'000};
  ConnectionSettings connection{};
  std::vector<config::PriceConfig> prices{};
  config::PriceFile price_file{};
};

// Const after construction: any thread.
class Registry final : public core::ProviderDirectory {
 public:
  // Reads each key once. Call it before threads are started. Fails with config_invalid, one line per error, each with
  // its position in the file.
  static Result<Registry> from(const std::vector<config::ProviderConfig>& configured, const Environment& environment,
                               const RegistryOptions& options = {});

  const std::vector<core::ProviderInfo>& all() const override { return infos_; }
  const core::ProviderInfo* find(std::string_view name) const override;

  // In the order of all().
  const std::vector<RegistryEntry>& entries() const { return entries_; }
  core::PriceFileInfo price_file() const override;
  // Replaces the prices of an earlier file. Any thread.
  void set_price_file(const config::PriceFile& file) const;
  // For redaction, with the credentials of proxies; valid as long as the registry.
  std::vector<std::string_view> keys() const;
  // For ProviderLimitsSet, in the order of all().
  std::vector<ProviderLimitsOptions> limits(const CircuitBreakerOptions& breaker = {}) const;
  // For the log: what was found in the environment but cannot be used, or not as it is.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void add(RegistryEntry entry);
  void detect(const Environment& environment, const RegistryOptions& options, ConnectionPlanner& connections);
  // Which providers use which proxy.
  void note_proxies();
  // Errors in fallback chains, price lists and prices, which refer to other providers or to vendors: one line each.
  std::string check_fallbacks(const std::vector<config::ProviderConfig>& configured) const;
  std::string set_prices(const std::vector<config::PriceConfig>& prices);
  std::string check_price_lists(const std::vector<config::ProviderConfig>& configured,
                                const config::PriceFile& file) const;

  std::vector<RegistryEntry> entries_;     // set once
  std::vector<core::ProviderInfo> infos_;  // set once
  std::vector<std::string> notes_;         // set once
  const std::shared_ptr<runtime::Guarded<core::PriceFileInfo>> price_file_ =
      std::make_shared<runtime::Guarded<core::PriceFileInfo>>();  // guarded
};

}  // namespace plenum::provider
