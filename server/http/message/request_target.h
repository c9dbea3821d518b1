// The target of a request line: a path with a query, an http URL, or `*`.
// Source: RFC 9112, 3.2; RFC 3986, 3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/http/message/request_head.h"

namespace plenum::http {

// A value: any thread. Empty until parse() succeeds.
class RequestTarget {
 public:
  // `*` is accepted only with asterisk_allowed. Fails with 400 or 414; the target must then be discarded.
  std::optional<RejectedRequest> parse(std::string_view text, bool asterisk_allowed, const HeadLimits& limits);

  const std::string& path() const { return path_; }            // not percent-decoded
  const std::string& query() const { return query_; }          // after the `?`, not percent-decoded
  const std::string& authority() const { return authority_; }  // of a URL; empty otherwise
  // Whether a Host header names the authority: case-insensitive, and without the default port of the scheme.
  bool names_host(std::string_view host) const;

 private:
  std::optional<RejectedRequest> parse_path(std::string_view text, const HeadLimits& limits);

  std::string path_, query_, authority_;
  std::string_view scheme_;  // of a URL: `http` or `https`
};

}  // namespace plenum::http
