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
inline tl::expected<std::shared_ptr<stream::Stream>, Response> find_stream(const HandlerContext& context,
                                                                           std::string_view id) {
  const auto parsed = StreamId::parse(id);
  if (!parsed) return tl::unexpected(problem(core::no_such_stream()));
  auto found = context.tasks.streams().find(*parsed);
  if (found) return std::move(*found);
  return tl::unexpected(problem(found.error(), {.stream_id = parsed->str()}));
}

}  // namespace plenum::http
