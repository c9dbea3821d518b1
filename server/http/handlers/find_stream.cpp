#include "server/http/handlers/find_stream.h"

namespace plenum::http {

tl::expected<std::shared_ptr<stream::Stream>, Response> find_stream(const HandlerContext& context,
                                                                    std::string_view id) {
  const auto parsed = StreamId::parse(id);
  if (!parsed) return tl::unexpected(problem(core::no_such_stream()));
  auto found = context.tasks.streams().find(*parsed);
  if (found) return std::move(*found);
  return tl::unexpected(problem(found.error(), {.stream_id = parsed->str()}));
}

}  // namespace plenum::http
