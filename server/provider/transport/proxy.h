// An outbound proxy: its address and credentials, and the errors that it causes.
// Sources: RFC 9110, 9.3.6 (CONNECT) and 11.7 (proxy authentication); RFC 1928 (SOCKS5); RFC 3986, 3.2.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/result.h"
#include "server/redaction/secret.h"

namespace plenum::provider {

// The value of `proxy` that means: no proxy.
inline constexpr std::string_view no_proxy_value = "none";

// Const after construction: any thread.
struct Proxy {
  std::string scheme;  // http, https, socks4a or socks5h: the proxy resolves the provider's name in all of them
  std::string host;    // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;
  redaction::Secret user, password;           // percent-decoded; empty: none
  std::vector<redaction::Secret> redactions;  // the forms of the credentials that are searched for in output
  std::string source;  // the setting or variable that names the proxy, as errors quote it: `HTTPS_PROXY`

  bool is_http() const { return scheme.starts_with("http"); }  // as opposed to SOCKS
  std::string url() const;                                     // `http://host:port`, never the credentials
};

// `host`, `host:port` or a URL, with or without credentials; without a scheme it is http. Errors and remedies do not
// repeat the text, which may contain a password. Fails with config_invalid. Any thread.
Result<std::shared_ptr<const Proxy>> parse_proxy(std::string_view text, std::string_view source);

// The remedy of errors that a missing proxy may have caused.
inline constexpr std::string_view proxy_hint =
    "If this network reaches the internet only through a proxy, set HTTPS_PROXY or the setting proxy.";

// An error of the way to the proxy, which is named together with its source; without a proxy the error is unchanged.
Error proxy_error(const Proxy* proxy, Error error);
// The proxy requires credentials, or others (status 407, or its SOCKS equivalent).
Error proxy_authentication_error(const Proxy& proxy);
// The proxy answered CONNECT with this status, which is not 2xx. `target`: `host:port`.
Error proxy_refusal(const Proxy& proxy, std::string_view target, int status);

}  // namespace plenum::provider
