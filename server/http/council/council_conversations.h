// The conversations of LLM Council: the server's own, in the shape that its page reads.
// Request threads only. Errors are problem documents (RFC 9457), whose `detail` is where that page expects it.
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

// [{id, created_at, title, message_count}], the newest 100.
HandlerResult get_council_conversations(const HandlerContext& context, const Request& request, std::string_view tail);
// The body {council_models?, chairman_model?} is optional.
HandlerResult post_council_conversation(const HandlerContext& context, const Request& request, std::string_view tail);
// {id, created_at, title, messages[]}.
HandlerResult get_council_conversation(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult patch_council_conversation(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult delete_council_conversation(const HandlerContext& context, const Request& request, std::string_view id);
// Whether a task of the conversation is running.
HandlerResult get_council_pending(const HandlerContext& context, const Request& request, std::string_view id);
// That page removes the record of an interrupted response; here there is none.
HandlerResult delete_council_pending(const HandlerContext& context, const Request& request, std::string_view id);

}  // namespace plenum::http
