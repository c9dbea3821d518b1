// The directory of providers: from the configuration, or from the environment when it names none.
// docs/providers.md describes both.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/config/config.h"
#include "server/core/provider.h"
#include "server/provider/limits/price_table.h"
#include "server/provider/protocol/protocol.h"
#include "server/provider/transport/base_url.h"
#include "server/provider/transport/transfer.h"
#include "server/redaction/secret.h"

namespace plenum::provider {

// Everything that is needed to call one provider. The key belongs to this base URL and to no other:
// they are read together, and nothing can change one of them later.
struct RegistryEntry {
  core::ProviderInfo info;
  std::optional<protocol::ProtocolKind> protocol;  // nothing: the offline provider
  BaseUrl base;                                    // unless it is offline
  redaction::Secret key;                           // empty: none is sent
  TransferBounds bounds;
  std::size_t event_bytes_max = 1024 * 1024;
  std::size_t queue_max = 1000;
  int retries_max = 2;
  PriceTable prices;
};

// What holds for all providers whose tables say nothing else.
struct RegistryOptions {
  milliseconds connect_timeout{10'000};
  milliseconds first_token_timeout{0};  // 0: as is usual for the provider
  milliseconds idle_timeout{120'000};
  std::vector<config::PriceConfig> prices{};
};

// Null or the variable's value, as getenv.
using Environment = std::function<const char*(const char* name)>;

// Const after construction: any thread.
class Registry final : public core::ProviderDirectory {
 public:
  // Reads each key once. Call it before threads are started. Fails with config_invalid, one line for
  // every fault, with the place in the file.
  static Result<Registry> from(const std::vector<config::ProviderConfig>& configured, const Environment& environment,
                               const RegistryOptions& options = {});

  const std::vector<core::ProviderInfo>& all() const override { return infos_; }
  const core::ProviderInfo* find(std::string_view name) const override;

  // In the order of all().
  const std::vector<RegistryEntry>& entries() const { return entries_; }
  // For the search in texts; they live as long as the registry.
  std::vector<std::string_view> keys() const;
  // For the log: what was found in the environment and could not be used.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void add(RegistryEntry entry);
  void search(const Environment& environment, const RegistryOptions& options);
  // Of fallback lists and prices, which name other providers: each fault on a line of its own.
  std::string judge_fallback(const std::vector<config::ProviderConfig>& configured) const;
  std::string set_prices(const std::vector<config::PriceConfig>& prices);

  std::vector<RegistryEntry> entries_;     // set once
  std::vector<core::ProviderInfo> infos_;  // set once
  std::vector<std::string> notes_;         // set once
};

}  // namespace plenum::provider
