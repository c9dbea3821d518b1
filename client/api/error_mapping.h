// Maps an unsuccessful response, or a call without a response, to an Error with cause and remedy. Any thread.
// Source: RFC 9457 (problem documents); docs/protocol.md, "Errors and limits".
#pragma once

#include <optional>
#include <string_view>

#include "client/api/http_call.h"
#include "common/base/error.h"

namespace plenum::client {

// Whether the body is a problem document of a Plenum server. Any other error response is that of a proxy or of another
// program.
bool is_problem(const HttpHead& head, std::string_view body);
// The error of a response of server_url. body may be a problem document or anything else.
Error error_from_reply(const HttpHead& head, std::string_view body, std::string_view server_url);
// The error of a successful response that is not what a Plenum server returns.
Error foreign_reply(const HttpHead& head, std::string_view server_url);
// The error of a call that did not receive a whole response from the server at server_url.
Error error_from_outcome(const HttpOutcome& outcome, std::string_view server_url);

}  // namespace plenum::client
