#include "server/provider/transport/base_url.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/strings.h"
#include "server/config/config_load.h"

namespace plenum::provider {

namespace {

constexpr std::string_view host_bytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
constexpr std::string_view path_bytes =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~/%!$&'()*+,;=:@";

Failure invalid_url(std::string_view why) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("base_url {}", why),
                       "Write it as https://host/path, for example https://api.openai.com/v1."});
}

bool consists_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool read_authority(std::string_view text, std::string& host_out, std::uint16_t& port) {
  std::size_t end = std::min(text.find(':'), text.size());
  std::string_view host = text.substr(0, end);
  if (!text.empty() && text.front() == '[') {
    end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    in6_addr address;
    if (inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) return false;
    ++end;
  } else if (host.empty() || !consists_of(host, host_bytes)) {
    return false;
  }
  host_out = host;
  std::transform(host_out.begin(), host_out.end(), host_out.begin(), lower);
  std::string_view rest = text.substr(end);
  if (rest.empty()) return true;
  if (!take_prefix(rest, ":")) return false;
  const auto [stop, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  return fault == std::errc() && stop == rest.data() + rest.size() && port != 0;
}

bool BaseUrl::is_this_machine() const { return config::is_loopback(host); }

std::string BaseUrl::str() const {
  const bool bracketed = host.find(':') != std::string::npos;
  const bool is_default_port = port == (encrypted ? 443 : 80);
  return fmt::format("{}://{}{}{}{}{}", encrypted ? "https" : "http", bracketed ? "[" : "", host, bracketed ? "]" : "",
                     is_default_port ? "" : fmt::format(":{}", port), path);
}

Result<BaseUrl> parse_base_url(std::string_view text) {
  BaseUrl url;
  if (take_prefix(text, "http://")) {
    url.encrypted = false;
    url.port = 80;
  } else if (!take_prefix(text, "https://")) {
    return invalid_url("must start with https:// or http://");
  }
  const auto slash = std::min(text.find('/'), text.size());
  const auto authority = text.substr(0, slash);
  auto path = text.substr(slash);
  if (text.find('@') < slash)
    return invalid_url("must not contain a user or password; set key_env to the variable that holds the key");
  if (text.find_first_of("?#") != std::string_view::npos) return invalid_url("must not contain a query or a fragment");
  if (!read_authority(authority, url.host, url.port)) return invalid_url("has no valid host and port");
  if (!consists_of(path, path_bytes)) return invalid_url("contains a character that is not allowed in a path");
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (path.size() >= 17 && path.substr(path.size() - 17) == "/chat/completions") {
    return invalid_url("must end before /chat/completions, which is appended to it");
  }
  url.path = path;
  return url;
}

}  // namespace plenum::provider
