// What the head of a request states about its body: where it ends, its type, and whether the client waits before it
// sends it. Pure: any thread.
// Source: RFC 9112, 6; RFC 9110, 8.6 and 10.1.1.
#pragma once

#include <optional>

#include "server/http/message/request_head.h"

namespace plenum::http {

// Sets has_length, body_bytes, chunked and expects_continue from the headers. Fails if server, proxy and client could
// read the end of the body differently, or if the head alone shows that the body will be rejected.
std::optional<RejectedRequest> read_framing(RequestHead& head, const HeadLimits& limits);

// For a body that shows only after the head: 415 unless its Content-Type is JSON.
std::optional<RejectedRequest> check_content_type(const RequestHead& head);
// Likewise: 400 for a method without a body.
RejectedRequest body_not_allowed(Method method);

}  // namespace plenum::http
