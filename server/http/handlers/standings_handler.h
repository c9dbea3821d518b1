// Handler of the standings route. Any request thread.
#pragma once

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult get_standings(const HandlerContext& context, const Request& request, std::string_view tail);

}  // namespace plenum::http
