// The status, result and snapshot of one stream.
// Request threads only; no handler blocks on a stream: it returns a StreamHandoff or a DeferredResponse instead.
// Errors are problem documents (RFC 9457).
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult get_status(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_result(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_snapshot(const HandlerContext& context, const Request& request, std::string_view id);

}  // namespace plenum::http
