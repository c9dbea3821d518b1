// Who may talk to this server from where: rules against DNS rebinding and cross-site requests, which
// reach a server on loopback through its owner's browser. They hold on every route, streams included.
// Source: RFC 6454 (Origin), Fetch standard 3.2 (CORS), RFC 6761 6.3 (localhost).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "server/http/message/request_head.h"
#include "server/http/message/response.h"

namespace plenum::http {

struct OriginPolicyOptions {
  std::vector<std::string> allowed_hosts;    // names without a port, besides loopback and the listen address
  std::vector<std::string> allowed_origins;  // whole origins, e.g. https://app.example
};

// Const after set_listen_host: any thread.
class OriginPolicy {
 public:
  explicit OriginPolicy(OriginPolicyOptions options) : options_(std::move(options)) {}
  // The address as it was configured. With a wildcard address every address literal is a good Host:
  // only names can be rebound. Call it before the first request.
  void set_listen_host(std::string host);

  // bad_host or bad_origin; nothing when the request may pass.
  std::optional<Error> refuses(const RequestHead& head) const;
  // What a browser on an allowed origin needs to read the answer; nothing for everybody else.
  std::vector<std::pair<std::string, std::string>> headers_for(const RequestHead& head) const;

 private:
  bool good_host(std::string_view name) const;
  bool allowed_origin(std::string_view origin) const;

  const OriginPolicyOptions options_;  // set once
  std::string listen_host_;            // set once
};

// The host of a Host header: lower case, without port and without the brackets of an IPv6 address.
// Empty when it is not well-formed.
std::string host_name(std::string_view host_header);

}  // namespace plenum::http
