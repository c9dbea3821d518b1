#include "server/provider/ollama_host.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/strings.h"

namespace plenum::provider {

namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos &&
         std::stoi(std::string(text)) <= 65535;
}

}  // namespace

std::string ollama_base_url(std::string_view ollama_host) {
  auto rest = trimmed(ollama_host, " \t\r\n\"'");
  std::string_view scheme = "http", port = "11434";
  if (const auto mark = rest.find("://"); mark != std::string_view::npos) {
    scheme = rest.substr(0, mark);
    port = scheme == "http" ? "80" : scheme == "https" ? "443" : port;
    rest.remove_prefix(mark + 3);
  } else if (rest == "ollama.com") {
    scheme = "https";
    port = "443";
  }
  const auto slash = std::min(rest.find('/'), rest.size());
  auto path = rest.substr(slash);
  auto host = rest.substr(0, slash);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  // A colon outside brackets starts the port; several colons are an IPv6 address.
  const auto bracket = host.find(']');
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (bracket != std::string_view::npos ? colon > bracket : host.find(':') == colon);
  if (has_port) {
    if (is_port(host.substr(colon + 1))) port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (!host.empty() && host.front() == '[') host.remove_prefix(1);
  if (!host.empty() && host.back() == ']') host.remove_suffix(1);
  if (host.empty() || host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  const bool has_version = path.size() >= 3 && path.substr(path.size() - 3) == "/v1";
  return fmt::format("{}://{}{}{}:{}{}{}", scheme, is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port, path,
                     has_version ? "" : "/v1");
}

}  // namespace plenum::provider
