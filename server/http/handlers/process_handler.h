// The one route of llm-sse: submits a message and responds with its stream in that system's format.
// Request threads only; no handler blocks on a stream: it returns a StreamHandoff or a DeferredResponse instead.
// Errors are problem documents (RFC 9457) elsewhere; here plain text, as that system's clients expect.
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult post_process(const HandlerContext& context, const Request& request, std::string_view id);

}  // namespace plenum::http
