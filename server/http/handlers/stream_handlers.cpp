#include "server/http/handlers/stream_handlers.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/http/handlers/find_stream.h"
#include "server/http/message/etag.h"
#include "server/http/message/query_params.h"
#include "server/http/shared/stream_renders.h"
#include "server/task/views.h"

namespace plenum::http {
namespace {

constexpr long wait_seconds_min = 1, wait_seconds_max = 60;

Response bad_query(const Error& error) { return problem(error, {.status = 400}); }

std::string etag_of(const stream::Stream& stream, std::uint64_t seq) {
  // Weak: each access moves `expires_at` and `memory_expires_at`, which the tag omits.
  return fmt::format("W/\"{}-{}-{}\"", EventId{stream.encoder().epoch(), seq}.str(), name_of(stream.status()),
                     stream.subscribers());
}

Response status_response(const stream::Stream& stream, const Clock& clock, const std::string& if_none_match) {
  // Read before the view is built: the tag may then be older than the body, never newer.
  const auto etag = etag_of(stream, stream.head());
  if (tag_matches(if_none_match, etag)) return std::move(Response(304).header("ETag", etag));
  auto response = json_response(200, task::status_view(stream, clock.wall(), clock.steady()));
  response.header("ETag", etag);
  return response;
}

}  // namespace

HandlerResult get_status(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto query = Query::parse(request.head.query, {"wait"});
  if (!query) return bad_query(query.error());
  const auto wait = query->number("wait", wait_seconds_min, wait_seconds_max, 0);
  if (!wait) return bad_query(wait.error());
  const auto found = find_stream(context, id);
  if (!found) return found.error();
  const auto& stream = *found;
  const std::string if_none_match(request.head.header("if-none-match"));
  const auto seen = stream->head();
  // A client with an older tag gets the new state at once; a finished stream does not change any more.
  const bool changed = !if_none_match.empty() && !tag_matches(if_none_match, etag_of(*stream, seen));
  if (*wait == 0 || changed || stream->finished()) return status_response(*stream, context.clock, if_none_match);
  DeferredResponse deferred;
  deferred.stream = stream;
  deferred.seen = seen;
  deferred.at_most = seconds(*wait);
  deferred.render = [stream, &clock = context.clock, if_none_match] {
    return status_response(*stream, clock, if_none_match);
  };
  return deferred;
}

HandlerResult get_result(const HandlerContext& context, const Request&, std::string_view id) {
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  // Read before the view is built: a task that ends in between is reported as still running, never the reverse.
  const int status = (*stream)->finished() ? 200 : 202;
  return result_response(status, **stream, *context.renders);
}

HandlerResult get_snapshot(const HandlerContext& context, const Request&, std::string_view id) {
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  return render_shared(200, "application/json", "snapshot", **stream, *context.renders,
                       [&] { return dump_json(task::snapshot_view(**stream)); });
}

}  // namespace plenum::http
