// From settings, a provider's table and the environment to the connections of a provider.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/config/config.h"
#include "server/provider/known_providers.h"
#include "server/provider/transport/connection.h"
#include "server/provider/transport/proxy_rules.h"

namespace plenum::provider {

// The settings for all providers.
struct ConnectionSettings {
  std::string proxy;                  // a URL, "none", or empty: the environment's
  std::vector<std::string> no_proxy;  // empty: NO_PROXY of the environment
  std::string ca_file;
};

// Not thread-safe; used while the registry is built. Blocks on the disk.
class ConnectionPlanner {
 public:
  // Fails with config_invalid. `environment` must outlive the planner.
  static Result<ConnectionPlanner> from(const ConnectionSettings& settings, const Environment& environment);

  // The proxy is, in this order: that of the table; none for a loopback address; the setting; the environment's. Fails
  // with config_invalid.
  Result<ConnectionOptions> connection_of(const config::ProviderConfig& table, const BaseUrl& base);
  // What is wrong with a variable of the environment.
  const std::string& note() const { return note_; }

 private:
  ConnectionPlanner(ProxyRules rules, const ConnectionSettings& settings, const Environment& environment)
      : rules_(std::move(rules)), ca_file_(settings.ca_file), environment_(&environment) {}

  ProxyRules rules_;
  std::string ca_file_;
  const Environment* environment_;
  std::string note_;
};

}  // namespace plenum::provider
