#include "server/http/routing/origin_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

bool is_ipv4(const std::string& name) {
  in_addr address{};
  return inet_pton(AF_INET, name.c_str(), &address) == 1;
}
bool is_ipv6(const std::string& name) {
  in6_addr address{};
  return inet_pton(AF_INET6, name.c_str(), &address) == 1;
}
bool is_loopback(const std::string& name) {
  return name == "localhost" || name == "::1" || (is_ipv4(name) && name.starts_with("127."));
}
bool is_wildcard(const std::string& name) { return name == "0.0.0.0" || name == "::" || name == "*"; }

// The headers that the page requests: tools that trace requests add their own, which the server drops unread. Without
// such a list, or if it is malformed, those that the server reads.
std::string allowed_request_headers(const RequestHead& head) {
  std::string list;
  bool valid = true;
  each_item(head.header("access-control-request-headers"), [&](std::string_view name) {
    valid = std::all_of(name.begin(), name.end(), is_token_byte);
    list.append(list.empty() ? "" : ", ").append(name);
    return valid;
  });
  if (valid && !list.empty()) return list;
  return "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Request-Id";
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

std::string host_name(std::string_view host_header) {
  std::string_view name = host_header, rest;
  if (name.starts_with('[')) {
    const auto end = name.find(']');
    if (end == std::string_view::npos) return {};
    rest = name.substr(end + 1);
    name = name.substr(1, end - 1);
    if (!is_ipv6(std::string(name))) return {};
  } else if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    rest = name.substr(colon);
    name = name.substr(0, colon);
  }
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return {};
  if (name.ends_with('.')) name.remove_suffix(1);  // the DNS root: the same name
  return lower_case(name);
}

void OriginPolicy::set_listen_host(std::string host) { listen_host_ = lower_case(host); }

bool OriginPolicy::allowed_host(const RequestHead& head) const {
  // A browser, whose requests can be rebound, sends HTTP/1.1 with a Host.
  if (head.http_1_0 && head.header("host").empty()) return true;
  const std::string name = host_name(head.header("host"));
  if (name.empty()) return false;
  if (is_loopback(name) || name == listen_host_) return true;
  if (is_wildcard(listen_host_) && (is_ipv4(name) || is_ipv6(name))) return true;
  return std::any_of(options_.allowed_hosts.begin(), options_.allowed_hosts.end(),
                     [&](const std::string& allowed) { return lower_case(allowed) == name; });
}

bool OriginPolicy::allowed_origin(std::string_view origin) const {
  const auto& allowed = options_.allowed_origins;
  return std::find(allowed.begin(), allowed.end(), origin) != allowed.end();
}

std::optional<Error> OriginPolicy::check(const RequestHead& head, bool any_host) const {
  const auto host = head.header("host");
  if (!any_host && !allowed_host(head)) {
    return Error{ErrorCode::bad_host, "The name in the Host header is not allowed.",
                 "Use a loopback address, or add the name to allowed_hosts."};
  }
  const auto origin = head.header("origin");
  if (origin.empty() || allowed_origin(origin)) return {};
  // Same origin: behind a proxy the scheme may be either.
  const std::string own = lower_case(host);
  if (origin == "http://" + own || origin == "https://" + own) return {};
  return Error{ErrorCode::bad_origin, "Requests from this origin are not allowed.",
               "Add the origin to allowed_origins if it is yours."};
}

std::vector<std::pair<std::string, std::string>> OriginPolicy::headers_for(const RequestHead& head,
                                                                           std::string_view methods) const {
  const auto origin = head.header("origin");
  if (origin.empty() || !allowed_origin(origin)) return {};
  std::vector<std::pair<std::string, std::string>> headers = {
      {"Access-Control-Allow-Origin", std::string(origin)},
      {"Vary", "Origin"},
      {"Access-Control-Expose-Headers", std::string(exposed_headers)},
  };
  if (options_.allow_credentials) headers.emplace_back("Access-Control-Allow-Credentials", "true");
  if (head.method == Method::options && head.has("access-control-request-method")) {
    headers.emplace_back("Access-Control-Allow-Methods", methods);
    headers.emplace_back("Access-Control-Allow-Headers", allowed_request_headers(head));
    headers.emplace_back("Access-Control-Max-Age", "600");
    headers.emplace_back("Vary", "Access-Control-Request-Headers");
  }
  return headers;
}

}  // namespace plenum::http
