// Handlers that submit, retry, cancel and delete tasks. A submission blocks until the task is durable.
// Request threads only; no handler blocks on a stream: it returns a StreamHandoff or a DeferredResponse instead.
// Errors are problem documents (RFC 9457).
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult post_task(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult delete_task(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult post_retry(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult post_cancel(const HandlerContext& context, const Request& request, std::string_view id);
// `path`: the stream id, `/members/` and the member, percent-encoded.
HandlerResult post_skip(const HandlerContext& context, const Request& request, std::string_view path);

}  // namespace plenum::http
