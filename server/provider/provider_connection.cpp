#include "server/provider/provider_connection.h"

#include <utility>

namespace plenum::provider {

Result<ConnectionPlanner> ConnectionPlanner::from(const ConnectionSettings& settings, const Environment& environment) {
  auto rules = ProxyRules::from(settings.proxy, settings.no_proxy, environment);
  if (!rules) return Failure(std::move(rules.error()));
  return ConnectionPlanner(std::move(*rules), settings, environment);
}

Result<ConnectionOptions> ConnectionPlanner::connection_of(const config::ProviderConfig& table, const BaseUrl& base) {
  ConnectionOptions connection;
  if (table.proxy.empty()) {
    connection.proxy = rules_.proxy_for(base);
  } else if (table.proxy != no_proxy_value) {
    auto own = parse_proxy(table.proxy, "proxy of [providers." + table.name + "]");
    if (!own) return Failure(std::move(own.error()));
    connection.proxy = std::move(*own);
  }
  auto authorities = authorities_of(table.ca_file.empty() ? ca_file_ : table.ca_file, *environment_, note_);
  if (!authorities) return Failure(std::move(authorities.error()));
  connection.authorities = std::move(*authorities);
  if (table.client_cert.empty() && !table.client_key.empty()) {
    return Failure(Error{ErrorCode::config_invalid, "client_key is set without client_cert",
                         "Set client_cert to the PEM file of its certificate."});
  }
  if (table.client_cert.empty()) return connection;
  connection.client_cert = table.client_cert;
  connection.client_key = table.client_key.empty() ? table.client_cert : table.client_key;
  if (const auto usable = check_client_certificate(connection.client_cert, connection.client_key); !usable) {
    return Failure(usable.error());
  }
  return connection;
}

}  // namespace plenum::provider
