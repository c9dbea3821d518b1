// The route of a stream's events: the stream itself, or a page of it.
#include <limits>
#include <utility>

#include "server/http/handlers/handlers.h"
#include "server/http/message/content_negotiation.h"
#include "server/http/message/query_params.h"
#include "server/http/sse/event_page.h"

namespace plenum::http {
namespace {

constexpr long page_events_max = 1000, page_events_default = 200;

Failure bad(std::string what, std::string remedy) {
  return Failure(Error{ErrorCode::bad_request, std::move(what), std::move(remedy)});
}

struct EventsRequest {
  CursorRequest cursor;
  StreamView form;
  std::optional<long> limit;
};

Result<StreamView> form_of(const Query& query) {
  StreamView form;
  const auto format = compat::compat_format_named(query.find("dialect").value_or("native"));
  if (!format) return bad("?dialect= is native, conclave, process or council.", {});
  form.format = *format;
  const std::string replay = query.find("replay").value_or("raw");
  if (replay != "raw" && replay != "compact") return bad("?replay= is raw or compact.", {});
  form.compact = replay == "compact";
  if (const auto names = query.find("types")) {
    if (auto taken = form.selection.choose_types(*names); !taken) return Failure(std::move(taken.error()));
  }
  if (const auto names = query.find("members")) {
    if (auto taken = form.selection.choose_members(*names); !taken) return Failure(std::move(taken.error()));
  }
  // A frame in other words can stand for several events, so there is no choosing among them.
  if (*format != compat::CompatFormat::native && (form.compact || !form.selection.all())) {
    return bad("`types`, `members` and `replay` choose among the stream's own events, not among those of a dialect.",
               "Leave out `dialect` or the others.");
  }
  return form;
}

Result<EventsRequest> events_request(const Request& request) {
  const auto query = Query::parse(
      request.head.query, {"last_event_id", "after", "from", "gap", "replay", "types", "members", "dialect", "limit"});
  if (!query) return Failure(query.error());
  auto form = form_of(*query);
  if (!form) return Failure(std::move(form.error()));
  EventsRequest asked{{}, std::move(*form), {}};
  if (query->find("limit")) {
    const auto limit = query->number("limit", 1, page_events_max, 0);
    if (!limit) return Failure(limit.error());
    asked.limit = *limit;
  }
  CursorRequest& cursor = asked.cursor;
  cursor.last_event_id_header = request.head.header("last-event-id");
  cursor.last_event_id_query = query->find("last_event_id").value_or("");
  cursor.after = query->find("after");
  cursor.from = query->find("from");
  cursor.gap = query->find("gap");
  return asked;
}

enum class Medium : std::uint8_t { stream, json, ndjson };

// What is asked for by name goes before what a `*` covers; of several, the stream first.
std::optional<Medium> medium_for(std::string_view accept) {
  constexpr std::pair<std::string_view, Medium> media[] = {{"text/event-stream", Medium::stream},
                                                           {"application/x-ndjson", Medium::ndjson},
                                                           {"application/json", Medium::json}};
  for (const auto& [type, medium] : media) {
    if (names(accept, type)) return medium;
  }
  if (accepts(accept, "text/event-stream")) return Medium::stream;
  if (accepts(accept, "application/json")) return Medium::json;
  return {};
}

// The log belongs to the stream's owner loop, so that is where the page is read.
Result<DeferredResponse> page_of(std::shared_ptr<stream::Stream> stream, EventsRequest asked, PageFormat form,
                                 std::string_view if_none_match) {
  if (asked.form.compact || asked.form.format != compat::CompatFormat::native) {
    return bad("A page holds the stream's own events: `replay=compact` and `dialect` are for text/event-stream.",
               "Leave the parameter out.");
  }
  const std::size_t by_default =
      form == PageFormat::json ? page_events_default : std::numeric_limits<std::size_t>::max();
  PageRequest request{form, std::move(asked.cursor), std::move(asked.form.selection),
                      asked.limit ? static_cast<std::size_t>(*asked.limit) : by_default, std::string(if_none_match)};
  auto page = std::make_shared<EventPage>();
  DeferredResponse deferred;
  deferred.stream = stream;
  deferred.read_on_owner = [page, stream, request = std::move(request)] { *page = read_page(*stream, request); };
  deferred.render = [page] { return page_reply(*page); };
  return deferred;
}

}  // namespace

HandlerResult get_events(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto medium = medium_for(request.head.header("accept"));
  if (!medium) {
    return problem(Error{ErrorCode::bad_request,
                         "This route answers with text/event-stream, application/json or application/x-ndjson.",
                         "Accept one of them; the folded state is at /api/stream/snapshot/{id}."},
                   {.status = 406});
  }
  auto asked = events_request(request);
  if (!asked) return problem(asked.error(), {.status = 400});
  auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  if (*medium != Medium::stream) {
    const PageFormat form = *medium == Medium::json ? PageFormat::json : PageFormat::ndjson;
    auto page = page_of(std::move(*stream), std::move(*asked), form, request.head.header("if-none-match"));
    if (!page) return problem(page.error());
    return std::move(*page);
  }
  if (asked->limit) {
    return problem(Error{ErrorCode::bad_request, "`limit` is for pages; a stream has no limit.",
                         "Accept application/json or application/x-ndjson, or leave `limit` out."});
  }
  if (request.head.method == Method::head) {
    Response reply(200, "text/event-stream; charset=utf-8", "");
    reply.header("Stream-Id", (*stream)->id().str()).header("Stream-Epoch", (*stream)->encoder().epoch());
    return reply;
  }
  StreamHandoff handoff{std::move(*stream), std::move(asked->cursor)};
  handoff.form = std::move(asked->form);
  return handoff;
}

}  // namespace plenum::http
