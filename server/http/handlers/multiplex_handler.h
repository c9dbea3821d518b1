// The events of several streams on one connection. Request threads only.
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult get_multiplexed_events(const HandlerContext& context, const Request& request, std::string_view tail);

}  // namespace plenum::http
