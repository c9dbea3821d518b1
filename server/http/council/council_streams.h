// The messages of LLM Council: a task whose stream is the response, and its repetitions.
// Request threads only; no handler blocks on a stream: it returns a StreamHandoff. Errors are problem documents.
#pragma once

#include <string_view>

#include "server/http/handlers/handler_context.h"
#include "server/http/handlers/handler_result.h"
#include "server/http/message/request.h"

namespace plenum::http {

// {content, use_web_search?, mode?, prior_context?, resume?}: a task of the workflow `council` in the conversation.
// With `resume`, the task of the conversation that is still running.
HandlerResult post_council_message(const HandlerContext& context, const Request& request, std::string_view id);
// The newest task of the conversation from one of its stages on.
HandlerResult post_council_retry_synthesis(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult post_council_retry_rankings(const HandlerContext& context, const Request& request, std::string_view id);
HandlerResult post_council_retry_all(const HandlerContext& context, const Request& request, std::string_view id);

}  // namespace plenum::http
