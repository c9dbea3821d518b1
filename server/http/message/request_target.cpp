// Every form is reduced to a path and a query, so that the modules behind see one form only.
#include "server/http/message/request_target.h"

#include <algorithm>

#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

// RFC 3986: the characters of a path and a query. Everything else must be percent-encoded.
bool is_target_byte(char c) {
  return is_alphanumeric(c) || std::string_view("-._~!$&'()*+,;=:@%/?").find(c) != std::string_view::npos;
}

// Browsers send these bytes of a query as they are (WHATWG URL, 1.3), though RFC 3986 does not allow them.
bool is_query_byte(char c) {
  return is_target_byte(c) || std::string_view("[]{}|\\^`").find(c) != std::string_view::npos;
}

// Lower case, without the default port.
std::string normalized(std::string_view authority, std::string_view scheme) {
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) authority.remove_suffix(port.size());
  return lower_case(authority);
}

}  // namespace

std::optional<RejectedRequest> RequestTarget::parse(std::string_view text, bool asterisk_allowed,
                                                    const HeadLimits& limits) {
  if (text == "*" && asterisk_allowed) {
    path_ = text;
    return {};
  }
  for (const std::string_view scheme : {"http", "https"}) {
    const auto colon = text.substr(0, scheme.size() + 3);
    if (!equal_ignoring_case(colon, std::string(scheme) + "://")) continue;
    const auto end = std::min(text.find_first_of("/?", colon.size()), text.size());
    scheme_ = scheme;
    authority_ = text.substr(colon.size(), end - colon.size());
    if (authority_.empty()) return malformed("The request target has no host.");
    return parse_path(text.substr(end), limits);
  }
  if (!text.starts_with('/'))
    return malformed("The request target must be a path that begins with `/`, or an http URL.");
  return parse_path(text, limits);
}

std::optional<RejectedRequest> RequestTarget::parse_path(std::string_view text, const HeadLimits& limits) {
  const auto mark = std::min(text.find('?'), text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool valid = i < mark ? is_target_byte(text[i]) : is_query_byte(text[i]);
    if (!valid) return malformed("The request target has a byte that must be percent-encoded.");
    if (text[i] == '%' && !(i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]))) {
      return malformed("The request target has a `%` without two hexadecimal digits.");
    }
  }
  path_ = text.substr(0, mark);
  query_ = text.substr(std::min(mark + 1, text.size()));
  if (path_.empty()) path_ = "/";
  if (path_.size() <= limits.path_bytes_max) return {};
  return RejectedRequest{
      row_of(ErrorCode::uri_too_long).http,
      Error{ErrorCode::uri_too_long, "The path is longer than " + std::to_string(limits.path_bytes_max) + " bytes."}};
}

bool RequestTarget::names_host(std::string_view host) const {
  return normalized(authority_, scheme_) == normalized(host, scheme_);
}

}  // namespace plenum::http
