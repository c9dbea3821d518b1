#include "server/http/shared/stream_renders.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/http/sse/control_frames.h"
#include "server/task/views.h"

namespace plenum::http {

// Read before it is rendered: the document may then be newer than its key, never older.
Response render_shared(int status, std::string content_type, std::string_view what, const stream::Stream& stream,
                       SharedRenders& renders, const std::function<std::string()>& render) {
  const std::string key = fmt::format("{} {} {}", what, stream.id().str(), stream.head());
  auto body = renders.get(key, render_bytes(stream), render);
  if (!body) return problem(body.error(), {.stream_id = stream.id().str()});
  return Response(status, std::move(content_type), *std::move(body));
}

Response result_response(int status, const stream::Stream& stream, SharedRenders& renders) {
  return render_shared(status, "application/json", "result", stream, renders,
                       [&] { return dump_json(task::result_view(stream)); });
}

}  // namespace plenum::http
