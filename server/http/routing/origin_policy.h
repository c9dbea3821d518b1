// Checks the Host and Origin of every request, streams included: protection against DNS rebinding and cross-site
// requests, which reach a loopback server through its owner's browser.
// Source: RFC 6454 (Origin), Fetch standard 3.2 (CORS), RFC 6761 6.3 (localhost).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "server/http/message/request_head.h"

namespace plenum::http {

struct OriginPolicyOptions {
  std::vector<std::string> allowed_hosts;    // names without a port, besides loopback and the listen address
  std::vector<std::string> allowed_origins;  // whole origins, e.g. https://app.example
  bool allow_credentials = false;            // pages of those origins may send cookies and other credentials
};

// Const after set_listen_host: any thread.
class OriginPolicy {
 public:
  explicit OriginPolicy(OriginPolicyOptions options) : options_(std::move(options)) {}
  // The configured listen address. With a wildcard address every IP literal is a valid Host: only names can be
  // rebound. Call it before the first request.
  void set_listen_host(std::string host);

  // bad_host or bad_origin; absent if the request is allowed. With any_host the Host is not checked.
  std::optional<Error> check(const RequestHead& head, bool any_host = false) const;
  // The CORS headers of the response to an allowed origin; empty for any other request. methods: those of the path, as
  // an Allow header lists them.
  std::vector<std::pair<std::string, std::string>> headers_for(const RequestHead& head, std::string_view methods) const;

 private:
  bool allowed_host(const RequestHead& head) const;
  bool allowed_origin(std::string_view origin) const;

  const OriginPolicyOptions options_;  // set once
  std::string listen_host_;            // set once
};

// The response headers that scripts of an allowed origin may read, besides those that every script may: all that have
// a meaning for clients. In alphabetical order.
inline constexpr std::string_view exposed_headers =
    "Allow, Content-Disposition, ETag, Idempotency-Replayed, Location, Retry-After, Stream-Epoch, Stream-Id, "
    "X-Request-Id";

// The host of a Host header: lower case, without port and without the brackets of an IPv6 address.
// Empty if it is malformed.
std::string host_name(std::string_view host_header);

}  // namespace plenum::http
