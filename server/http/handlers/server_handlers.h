// Workflows, councils, models, and the state of the server itself.
// Request threads only; no handler blocks on a stream: it returns a StreamHandoff or a DeferredResponse instead.
// Errors are problem documents (RFC 9457).
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult get_workflows(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_workflow(const HandlerContext& context, const Request& request, std::string_view name);
HandlerResult get_councils(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_models(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_server_status(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_index(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_livez(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult get_readyz(const HandlerContext& context, const Request& request, std::string_view id);

}  // namespace plenum::http
