#include "server/provider/transport/proxy_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "common/base/strings.h"

namespace plenum::provider {

namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;  // 4 or 16
};

std::optional<Address> address_in(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  const std::string terminated(text);
  Address address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
  } else if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
    address.size = 16;
  } else {
    return std::nullopt;
  }
  return address;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

bool same_prefix(const Address& left, const Address& right, std::size_t bits) {
  if (left.size != right.size || bits > left.size * 8) return false;
  if (std::memcmp(left.bytes.data(), right.bytes.data(), bits / 8) != 0) return false;
  const auto rest = bits % 8;
  const auto mask = static_cast<unsigned char>(0xFF << (8 - rest));
  return rest == 0 || (left.bytes[bits / 8] & mask) == (right.bytes[bits / 8] & mask);
}

// An address or a CIDR block. Nothing if the entry is neither.
std::optional<bool> matches_address(std::string_view entry, const std::optional<Address>& host) {
  const auto slash = entry.find('/');
  const auto address = address_in(entry.substr(0, slash));
  if (!address) return std::nullopt;
  const auto bits = slash == std::string_view::npos ? std::optional(address->size * 8)
                                                    : number_in<std::size_t>(entry.substr(slash + 1));
  return host && bits && same_prefix(*address, *host, *bits);
}

bool matches_name(std::string_view entry, std::string_view host) {
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.ends_with('.')) entry.remove_suffix(1);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (entry.empty() || host.size() < entry.size()) return false;
  if (!equal_ignoring_case(host.substr(host.size() - entry.size()), entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

// Removes `:port`, not a part of an IPv6 address.
std::optional<std::uint16_t> take_port(std::string_view& entry) {
  const auto colon = entry.rfind(':');
  if (colon == std::string_view::npos || (entry.find(':') != colon && entry[colon - 1] != ']')) return std::nullopt;
  const auto port = number_in<std::uint16_t>(entry.substr(colon + 1));
  if (port) entry = entry.substr(0, colon);
  return port;
}

std::vector<std::string> words_of(std::string_view list) {
  std::string separated(list);
  std::replace(separated.begin(), separated.end(), ',', ' ');
  std::vector<std::string> words;
  each_word(separated, [&words](std::string_view word) {
    words.emplace_back(word);
    return true;
  });
  return words;
}

// The first of the variables that is set to more than blanks.
struct Found {
  std::string name, value;
};
std::optional<Found> first_of(const ProxyRules::Environment& environment,
                              std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const char* value = environment(std::string(name).c_str());
    if (value != nullptr && !is_blank(value)) return Found{std::string(name), value};
  }
  return std::nullopt;
}

Result<std::shared_ptr<const Proxy>> read_proxy(const std::optional<Found>& found) {
  if (!found) return std::shared_ptr<const Proxy>();
  return parse_proxy(found->value, found->name);
}

}  // namespace

bool is_exempt(const std::vector<std::string>& exceptions, std::string_view host, std::uint16_t port) {
  const auto address = address_in(host);
  return std::any_of(exceptions.begin(), exceptions.end(), [&](std::string_view entry) {
    if (entry == "*") return true;
    if (const auto only = take_port(entry); only && *only != port) return false;
    if (const auto matched = matches_address(entry, address)) return *matched;
    return !address && matches_name(entry, host);
  });
}

const std::vector<std::string>& proxy_variables() {
  static const std::vector<std::string> names = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                                 "all_proxy",  "ALL_PROXY",  "PLENUM_PROXY"};
  return names;
}

Result<ProxyRules> ProxyRules::from(const std::string& setting, const std::vector<std::string>& exceptions,
                                    const Environment& environment) {
  ProxyRules rules;
  rules.exceptions_ = exceptions;
  if (setting == no_proxy_value) return rules;
  if (const auto listed = first_of(environment, {"no_proxy", "NO_PROXY"}); listed && exceptions.empty()) {
    rules.exceptions_ = words_of(listed->value);
  }
  if (!setting.empty()) {
    auto proxy = parse_proxy(setting, "the setting proxy");
    if (!proxy) return Failure(std::move(proxy.error()));
    rules.http_ = rules.https_ = *proxy;
    return rules;
  }
  // A CGI program's HTTP_PROXY is the request header `Proxy` (CVE-2016-5385). This server is not meant to be one, but
  // reads the variable only where it cannot be that header.
  const bool is_cgi = environment("REQUEST_METHOD") != nullptr;
  auto http = first_of(environment, {"http_proxy", is_cgi ? "http_proxy" : "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  auto https = first_of(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  auto of_http = read_proxy(http);
  if (!of_http) return Failure(std::move(of_http.error()));
  auto of_https = read_proxy(https);
  if (!of_https) return Failure(std::move(of_https.error()));
  rules.http_ = std::move(*of_http);
  rules.https_ = std::move(*of_https);
  return rules;
}

std::shared_ptr<const Proxy> ProxyRules::proxy_for(const BaseUrl& base) const {
  if (base.is_this_machine() || is_exempt(exceptions_, base.host, base.port)) return nullptr;
  return base.encrypted ? https_ : http_;
}

}  // namespace plenum::provider
