// The events of a stream: the live stream, or one page of it for clients that poll.
// Request threads only; no handler blocks on a stream: it returns a StreamHandoff or a DeferredResponse instead.
// Errors are problem documents (RFC 9457).
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult get_events(const HandlerContext& context, const Request& request, std::string_view id);

}  // namespace plenum::http
