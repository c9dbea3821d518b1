#include "server/http/handlers/events_handler.h"

#include <limits>
#include <utility>

#include "server/http/handlers/find_stream.h"
#include "server/http/message/content_negotiation.h"
#include "server/http/message/query_params.h"
#include "server/http/multiplex/event_params.h"
#include "server/http/sse/event_page.h"

namespace plenum::http {
namespace {

constexpr long page_events_max = 1000, page_events_default = 200;

struct EventsRequest {
  CursorRequest cursor;
  StreamView view;
  std::optional<long> limit;
};

Result<EventsRequest> parse_request(const Request& request, compat::CompatFormat default_format) {
  const auto query = parse_event_query(request.head.query, {"limit"});
  if (!query) return Failure(query.error());
  auto view = parse_view(*query, default_format);
  if (!view) return Failure(std::move(view.error()));
  EventsRequest parsed{{}, std::move(*view), {}};
  if (query->find("limit")) {
    const auto limit = query->number("limit", 1, page_events_max, 0);
    if (!limit) return Failure(limit.error());
    parsed.limit = *limit;
  }
  CursorRequest& cursor = parsed.cursor;
  cursor.last_event_id_header = request.head.header("last-event-id");
  cursor.last_event_id_query = last_event_id(*query);
  cursor.after = query->find("after");
  cursor.from = query->find("from");
  cursor.gap = query->find("gap");
  return parsed;
}

enum class MediaType : std::uint8_t { event_stream, json, ndjson };

// The greatest weight wins, then an explicit media type over a wildcard, then the order here. A page of lines is sent
// only to a client that names it.
std::optional<MediaType> negotiate(std::string_view accept) {
  constexpr std::string_view ndjson = "application/x-ndjson";
  constexpr std::string_view names_of_types[] = {"text/event-stream", ndjson, "application/json"};
  constexpr MediaType types[] = {MediaType::event_stream, MediaType::ndjson, MediaType::json};
  const auto best = preferred(accept, names_of_types);
  if (!best) return {};
  const bool by_wildcard = types[*best] == MediaType::ndjson && !names(accept, ndjson);
  return by_wildcard ? MediaType::json : types[*best];
}

struct PageWork {
  runtime::MemoryCharge memory;
  EventPage page;
};

// The log belongs to the stream's owner loop, so the page is read there.
Result<DeferredResponse> page_of(const HandlerContext& context, std::shared_ptr<stream::Stream> stream,
                                 EventsRequest parsed, PageFormat format, std::string_view if_none_match) {
  if (parsed.view.compact || parsed.view.format != compat::CompatFormat::native) {
    return bad_parameter("A page holds native events only: `replay=compact` and `dialect` need text/event-stream.",
                         "Omit the parameter.");
  }
  const std::size_t default_limit =
      format == PageFormat::json ? page_events_default : std::numeric_limits<std::size_t>::max();
  PageRequest request{format, std::move(parsed.cursor), std::move(parsed.view.filter),
                      parsed.limit ? static_cast<std::size_t>(*parsed.limit) : default_limit,
                      std::string(if_none_match)};
  auto work = std::make_shared<PageWork>();
  work->memory = runtime::MemoryCharge(context.memory, runtime::MemoryKind::requests);
  DeferredResponse deferred;
  deferred.stream = stream;
  deferred.read_on_owner = [work, stream, request = std::move(request)] {
    if (work->memory.resize(page_bytes(*stream, request))) {
      work->page = read_page(*stream, request);
    } else {
      work->page.instead = problem(out_of_memory());
    }
  };
  deferred.render = [work] { return page_response(work->page); };
  return deferred;
}

}  // namespace

HandlerResult get_events(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto type = negotiate(request.head.header("accept"));
  if (!type) {
    return problem(
        Error{ErrorCode::bad_request, "This route serves text/event-stream, application/json and application/x-ndjson.",
              "Accept one of them. The current state is at /api/stream/snapshot/{id}."},
        {.status = 406});
  }
  // A page has no format but the native one.
  const bool streams = *type == MediaType::event_stream;
  auto parsed = parse_request(request, streams ? context.default_format : compat::CompatFormat::native);
  if (!parsed) return problem(parsed.error(), {.status = 400});
  auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  if (*type != MediaType::event_stream) {
    const PageFormat format = *type == MediaType::json ? PageFormat::json : PageFormat::ndjson;
    auto page = page_of(context, std::move(*stream), std::move(*parsed), format, request.head.header("if-none-match"));
    if (!page) return problem(page.error());
    return std::move(*page);
  }
  if (parsed->limit) {
    return problem(Error{ErrorCode::bad_request, "`limit` applies to pages; a stream has no limit.",
                         "Accept application/json or application/x-ndjson, or omit `limit`."});
  }
  if (request.head.method == Method::head) {
    Response response(200, "text/event-stream; charset=utf-8", "");
    response.header("Vary", "Accept")
        .header("Stream-Id", (*stream)->id().str())
        .header("Stream-Epoch", (*stream)->encoder().epoch());
    return response;
  }
  StreamHandoff handoff{std::move(*stream), std::move(parsed->cursor)};
  handoff.view = std::move(parsed->view);
  handoff.headers.emplace_back("Vary", "Accept");
  return handoff;
}

}  // namespace plenum::http
