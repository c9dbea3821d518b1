// The stream of a request path.
#pragma once

#include <memory>
#include <string_view>

#include "common/base/result.h"
#include "server/http/handlers/handler_context.h"
#include "server/http/message/response.h"
#include "server/stream/stream.h"

namespace plenum::http {

// The stream with this id, or a 404 or 410 problem. Any thread but a loop: may read from disk.
tl::expected<std::shared_ptr<stream::Stream>, Response> find_stream(const HandlerContext& context, std::string_view id);

}  // namespace plenum::http
