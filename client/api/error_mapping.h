// Turns an answer that is no success, or a call that got no answer, into an Error with cause and remedy.
// Source: RFC 9457 (problem documents); docs/protocol.md, "Errors and limits". Any thread.
#pragma once

#include <optional>
#include <string_view>

#include "client/api/http_call.h"
#include "common/base/error.h"

namespace plenum::client {

// The error that an answer with this status stands for. body may be a problem document or anything else.
Error error_from_reply(const HttpHead& head, std::string_view body);
// The error for a call that did not get its whole answer from the server at server_url.
Error error_from_outcome(const HttpOutcome& outcome, std::string_view server_url);

}  // namespace plenum::client
