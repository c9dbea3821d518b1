// Handlers of the conversation routes. Any request thread.
#pragma once

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

HandlerResult get_conversations(const HandlerContext& context, const Request& request, std::string_view tail);
HandlerResult get_conversation(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult patch_conversation(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult delete_conversation(const HandlerContext& context, const Request& request, std::string_view id);

}  // namespace plenum::http
