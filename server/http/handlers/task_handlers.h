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

// --- for other routes that start tasks ---

using PreparedOrRejected = tl::expected<task::PreparedTask, task::RejectedTask>;

// Starts a prepared task. With a key, the response is stored with the task, because a repeated request must get the
// same one, after a restart as well. Fails with the problem document of the rejection.
tl::expected<core::KeyedResponse, Response> start_task(const HandlerContext& context, PreparedOrRejected prepared,
                                                       core::KeyedResponse response);

// The first response to the key of this request on this route, or the result of `execute`; without a key always the
// latter. payload: what the key must always stand for.
tl::expected<Idempotency::Outcome, Response> execute_once(const HandlerContext& context, const Request& request,
                                                          std::string_view route, std::string_view payload,
                                                          const Idempotency::Execute& execute);

}  // namespace plenum::http
