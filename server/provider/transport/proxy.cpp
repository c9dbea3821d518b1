#include "server/provider/transport/proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/base/strings.h"
#include "server/provider/transport/base_url.h"

namespace plenum::provider {

namespace {

struct Scheme {
  std::string_view written, used;
  std::uint16_t port;
};
// With socks4 and socks5 libcurl would resolve the provider's name itself, which blocks a loop.
constexpr std::array schemes = {Scheme{"http", "http", 80},        Scheme{"https", "https", 443},
                                Scheme{"socks4", "socks4a", 1080}, Scheme{"socks4a", "socks4a", 1080},
                                Scheme{"socks5", "socks5h", 1080}, Scheme{"socks5h", "socks5h", 1080},
                                Scheme{"socks", "socks5h", 1080}};
// A shorter password may be a common word, which must not be removed from answers; it is still redacted together with
// its user.
constexpr std::size_t lone_password_bytes_min = 12;

Failure not_a_proxy(std::string_view source, std::string_view why) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("{}: {}", source, why),
                       "Write a proxy as http://host:port or http://user:password@host:port, with special characters "
                       "of the credentials percent-encoded."});
}

// Nothing for an invalid escape, or for a byte that no credentials contain.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return std::nullopt;
      c = static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
      at += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    out.push_back(c);
  }
  return out;
}

bool read_credentials(std::string_view text, Proxy& proxy) {
  const auto colon = std::min(text.find(':'), text.size());
  auto user = percent_decoded(text.substr(0, colon));
  auto password = percent_decoded(text.substr(std::min(colon + 1, text.size())));
  if (!user || !password || user->empty() || user->find(':') != std::string::npos) return false;
  proxy.user = redaction::Secret(*user);
  proxy.password = redaction::Secret(*password);
  if (!password->empty()) {
    proxy.redactions.emplace_back(text);
    std::string pair = *user + ':' + *password;  // its base64 form is the header
    proxy.redactions.emplace_back(pair);
    explicit_bzero(pair.data(), pair.size());
    if (password->size() >= lone_password_bytes_min) proxy.redactions.emplace_back(*password);
  }
  explicit_bzero(user->data(), user->size());
  explicit_bzero(password->data(), password->size());
  return true;
}

Error authentication_error(const Proxy& proxy, int status) {
  const auto* what = proxy.user.empty() ? "requires a user and password" : "rejected the user and password";
  return {ErrorCode::invalid_request, fmt::format("proxy {} {} ({})", proxy.url(), what, status),
          fmt::format("Write the proxy as {}://user:password@host:port in {}.", proxy.scheme, proxy.source)};
}

std::string settings_of(const Proxy& proxy) { return fmt::format("{} is set by {}", proxy.url(), proxy.source); }

}  // namespace

std::string Proxy::url() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, bracketed ? "[" : "", host, bracketed ? "]" : "", port);
}

Result<std::shared_ptr<const Proxy>> parse_proxy(std::string_view text, std::string_view source) {
  auto proxy = std::make_shared<Proxy>();
  proxy->source = source;
  auto rest = trimmed(text);
  std::string scheme = "http";
  if (const auto mark = rest.find("://"); mark != std::string_view::npos) {
    scheme = lower_case(rest.substr(0, mark));
    rest.remove_prefix(mark + 3);
  }
  const auto row = std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return s.written == scheme; });
  if (row == schemes.end())
    return not_a_proxy(source, "a proxy must start with http://, https://, socks4a:// or socks5h://");
  proxy->scheme = row->used;
  proxy->port = row->port;
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    if (!read_credentials(rest.substr(0, at), *proxy)) {
      return not_a_proxy(source, "the credentials of the proxy are not user:password");
    }
    rest.remove_prefix(at + 1);
  }
  if (!read_authority(rest, proxy->host, proxy->port))
    return not_a_proxy(source, "the proxy has no valid host and port");
  return proxy;
}

Error proxy_error(const Proxy* proxy, Error error) {
  if (proxy == nullptr) return error;
  error.message = fmt::format("proxy {}: {}", proxy->url(), error.message);
  error.remedy = fmt::format("Check that the proxy is reachable from this machine: {}.", settings_of(*proxy));
  return error;
}

Error proxy_authentication_error(const Proxy& proxy) { return authentication_error(proxy, 407); }

Error proxy_refusal(const Proxy& proxy, std::string_view target, int status) {
  // tinyproxy: 401 for a wrong password.
  if (status == 407 || status == 401) return authentication_error(proxy, status);
  const auto message = fmt::format("proxy {} refused CONNECT to {} with {}", proxy.url(), target, status);
  // The proxy could not reach the provider, or is overloaded.
  if (status == 408 || status == 429 || status >= 500) {
    return {ErrorCode::transport, message,
            fmt::format("Check that the proxy can reach {}: {}.", target, settings_of(proxy))};
  }
  return {ErrorCode::invalid_request, message,
          fmt::format("Allow {} at the proxy, or add the host to NO_PROXY if it needs none: {}.", target,
                      settings_of(proxy))};
}

}  // namespace plenum::provider
