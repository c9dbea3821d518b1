// The list of tasks. Any request thread; may read from disk. Errors are problem documents (RFC 9457).
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult get_tasks(const HandlerContext& context, const Request& request, std::string_view tail);

}  // namespace plenum::http
