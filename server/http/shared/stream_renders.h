// Responses with the texts of a stream: rendered once for all clients that receive them at the same time, and only if
// the memory for it is free. Any request thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "server/http/message/response.h"
#include "server/http/shared/shared_renders.h"
#include "server/stream/stream.h"

namespace plenum::http {

// what: distinguishes the documents of one stream. A problem (503) if there is no memory.
Response render_shared(int status, std::string content_type, std::string_view what, const stream::Stream& stream,
                       SharedRenders& renders, const std::function<std::string()>& render);
// The result of the task, or its status while it runs.
Response result_response(int status, const stream::Stream& stream, SharedRenders& renders);

}  // namespace plenum::http
