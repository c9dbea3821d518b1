// Routes that tell what one stream comes to.
#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "server/http/handlers/handlers.h"
#include "server/http/message/etag.h"
#include "server/http/message/query_params.h"
#include "server/task/views.h"

namespace plenum::http {
namespace {

constexpr long wait_seconds_min = 1, wait_seconds_max = 60;

Response bad_query(const Error& error) { return problem(error, {.status = 400}); }

std::string etag_of(const stream::Stream& stream, std::uint64_t seq) {
  // Weak: `readers` and the times in the body may differ under the same tag.
  return "W/\"" + EventId{stream.encoder().epoch(), seq}.str() + "-" + std::string(name_of(stream.status())) + "\"";
}

Response status_reply(const stream::Stream& stream, const Clock& clock, const std::string& if_none_match) {
  // Read before the view is made: the tag may then be older than the body, never newer.
  const auto etag = etag_of(stream, stream.head());
  if (tag_matches(if_none_match, etag)) return std::move(Response(304).header("ETag", etag));
  auto reply = json_reply(200, task::status_view(stream, clock.wall(), clock.steady()));
  reply.header("ETag", etag);
  return reply;
}

template <class View>
HandlerResult plain_view(const HandlerContext& context, const Request& request, std::string_view id, View view) {
  const auto query = Query::parse(request.head.query, {});
  if (!query) return bad_query(query.error());
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  return json_reply(200, view(**stream));
}

}  // namespace

tl::expected<std::shared_ptr<stream::Stream>, Response> find_stream(const HandlerContext& context,
                                                                    std::string_view id) {
  const auto parsed = StreamId::parse(id);
  if (!parsed) {
    return tl::unexpected(problem(core::no_such_stream()));
  }
  auto found = context.tasks.streams().find(*parsed);
  if (found) return std::move(*found);
  return tl::unexpected(problem(found.error(), {.stream_id = parsed->str()}));
}

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
  // A caller that holds an older state has something to learn already; a finished stream changes no more.
  const bool news = !if_none_match.empty() && !tag_matches(if_none_match, etag_of(*stream, seen));
  if (*wait == 0 || news || stream->finished()) return status_reply(*stream, context.clock, if_none_match);
  DeferredResponse deferred;
  deferred.stream = stream;
  deferred.seen = seen;
  deferred.at_most = seconds(*wait);
  deferred.render = [stream, &clock = context.clock, if_none_match] {
    return status_reply(*stream, clock, if_none_match);
  };
  return deferred;
}

HandlerResult get_result(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto query = Query::parse(request.head.query, {});
  if (!query) return bad_query(query.error());
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  // Asked before it is rendered: what ends meanwhile is only announced as still running.
  const int status = (*stream)->finished() ? 200 : 202;
  return json_reply(status, task::result_view(**stream));
}

HandlerResult get_snapshot(const HandlerContext& context, const Request& request, std::string_view id) {
  return plain_view(context, request, id, task::snapshot_view);
}

}  // namespace plenum::http
