// Which outbound proxy a provider is called through, from the settings and the environment.
// Source: curl(1), "ENVIRONMENT", with two differences in docs/decisions/0042-outbound-proxies.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/provider/transport/base_url.h"
#include "server/provider/transport/proxy.h"

namespace plenum::provider {

// Whether a host is in a list such as NO_PROXY: `*`; a name, which includes its subdomains, with or without a leading
// dot; an address; a CIDR block; each with an optional `:port`. Pure; any thread.
bool is_exempt(const std::vector<std::string>& exceptions, std::string_view host, std::uint16_t port);

// The variables that may contain a proxy with credentials.
const std::vector<std::string>& proxy_variables();

// Const after construction: any thread.
class ProxyRules {
 public:
  using Environment = std::function<const char*(const char* name)>;

  //   setting     `proxy`: a URL, "none", or empty for the environment's
  //   exceptions  `no_proxy`; empty: NO_PROXY of the environment
  // Fails with config_invalid; the error names the setting or variable and never its value.
  static Result<ProxyRules> from(const std::string& setting, const std::vector<std::string>& exceptions,
                                 const Environment& environment);

  // Null: directly. Loopback addresses always are.
  std::shared_ptr<const Proxy> proxy_for(const BaseUrl& base) const;

 private:
  std::shared_ptr<const Proxy> http_, https_;  // set once; null: none
  std::vector<std::string> exceptions_;        // set once
};

}  // namespace plenum::provider
