// A conversation in the shape of LLM Council: its messages, and which task is pending.
// Request threads only: may read from disk.
#pragma once

#include <memory>
#include <string>

#include "common/json/json.h"
#include "server/http/handlers/handler_context.h"
#include "server/stream/stream.h"

namespace plenum::http {

// The messages of its newest 50 tasks, oldest first: the user's, and the assistant's of a task that has ended. Fails
// with the error of the store, or with busy if they do not fit into the memory. memory: charged with them; hold it
// until they are rendered.
Result<Json> council_messages(const HandlerContext& context, const std::string& conversation_id,
                              runtime::MemoryCharge& memory);
// The newest task of the conversation; null if it has none, or if it was deleted.
std::shared_ptr<stream::Stream> newest_task(const HandlerContext& context, const std::string& conversation_id);

}  // namespace plenum::http
