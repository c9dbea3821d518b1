// Validates the request and finds its streams. Everything that concerns one stream only, such as a deleted id or an
// expired cursor, becomes a frame of that stream on the connection.
#include "server/http/handlers/multiplex_handler.h"

#include <algorithm>
#include <utility>

#include "server/http/message/content_negotiation.h"
#include "server/http/message/query_params.h"
#include "server/http/multiplex/composite_cursor.h"
#include "server/http/multiplex/event_params.h"

namespace plenum::http {
namespace {

constexpr std::size_t opened_waiting_max = 256;  // between the list of streams and the start of the connection
constexpr std::size_t listed_tasks_max = 100;

using Member = MultiplexRequest::Member;

struct MultiplexQuery {
  std::optional<std::string> streams;  // absent: scope=mine
  std::string cursor;                  // composite; empty: none
  CursorRequest defaults;              // `from` and `gap`
  StreamView view;
};

Result<void> check(const Query& query, const MultiplexQuery& parsed) {
  const auto scope = query.find("scope");
  if (parsed.streams.has_value() == scope.has_value()) {
    return bad_parameter("This route needs either `streams` or `scope`.",
                         "Use ?streams=<id>,<id>, or ?scope=mine for all tasks of the server.");
  }
  if (scope && *scope != "mine") return bad_parameter("?scope= must be mine.");
  if (!parsed.view.native()) {
    return bad_parameter("Several streams on one connection have the native format only.",
                         "Omit `dialect`, or use one connection per stream: GET /api/stream/events/{id}?dialect=….");
  }
  if (query.find("after")) {
    return bad_parameter("`after` is the position of one stream.",
                         "Give each stream its own: ?streams=<id>@<seq>,<id>@<seq>.");
  }
  // Against any extent: only the words of `from` and `gap` are checked here.
  const auto words = resolve_cursor(parsed.defaults, StreamExtent{"", 1, 0, false});
  if (const auto* error = std::get_if<Error>(&words)) return Failure(*error);
  return {};
}

Result<MultiplexQuery> parse_request(const Request& request) {
  const auto query = parse_event_query(request.head.query, {"streams", "scope"});
  if (!query) return Failure(query.error());
  auto view = parse_view(*query);
  if (!view) return Failure(std::move(view.error()));
  MultiplexQuery parsed;
  parsed.view = std::move(*view);
  parsed.streams = query->find("streams");
  parsed.cursor = request.head.header("last-event-id");
  if (parsed.cursor.empty()) parsed.cursor = last_event_id(*query);
  parsed.defaults.from = query->find("from");
  parsed.defaults.gap = query->find("gap");
  if (auto valid = check(*query, parsed); !valid) return Failure(std::move(valid.error()));
  return parsed;
}

Member member_of(stream::StreamManager& streams, const StreamId& id, CursorRequest cursor,
                 std::optional<EventId> position) {
  Member member;
  member.id = id;
  if (position) cursor.last_event_id_query = position->str();
  member.cursor = std::move(cursor);
  member.position = std::move(position);
  auto found = streams.find(id);
  if (found) {
    member.stream = std::move(*found);
  } else {
    member.error = std::move(found.error());
  }
  return member;
}

Result<std::vector<Member>> listed_members(stream::StreamManager& streams, const MultiplexQuery& query) {
  const auto list = parse_stream_list(*query.streams);
  if (!list) return Failure(list.error());
  ListCursor positions(list->size());
  if (!query.cursor.empty()) {
    auto cursor = parse_list_cursor(query.cursor, list->size());
    if (!cursor) return Failure(std::move(cursor.error()));
    positions = std::move(*cursor);
  }
  std::vector<Member> members;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const ListedStream& listed = (*list)[i];
    CursorRequest cursor = query.defaults;
    const bool is_event_id = listed.start.find('-') != std::string::npos;
    if (is_event_id) cursor.last_event_id_query = listed.start;
    if (!is_event_id && !listed.start.empty()) cursor.after = listed.start;
    members.push_back(member_of(streams, listed.id, std::move(cursor), positions[i]));
  }
  return members;
}

// The response in place of a connection that would deliver nothing. An EventSource stops at it; it would reconnect
// after an empty stream forever.
std::optional<Response> response_without_events(const std::vector<Member>& members) {
  std::optional<Response> instead;
  bool all_delivered = false;
  for (const Member& member : members) {
    if (!member.stream) {
      if (!instead) instead = problem(member.error, {.stream_id = member.id.str()});
      continue;
    }
    const auto resolution = resolve_cursor(member.cursor, extent_of(*member.stream));
    if (std::holds_alternative<StartPoint>(resolution)) return {};
    const auto* error = std::get_if<Error>(&resolution);
    all_delivered = all_delivered || error == nullptr;
    if (!instead && error != nullptr) instead = problem(*error, {.stream_id = member.id.str()});
  }
  return all_delivered ? Response(204) : instead;
}

bool has(const std::vector<Member>& members, const StreamId& id) {
  return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id == id; });
}

// Whether the error concerns this stream only, and not the whole store: deleted meanwhile, or damaged.
bool is_of_one_stream(ErrorCode code) {
  return code == ErrorCode::stream_not_found || code == ErrorCode::stream_gone || code == ErrorCode::stream_damaged;
}

// Of the tasks that the client does not know: those that run, and those that were accepted since its cursor. Newest
// first. Fails if the store cannot be read: the client would miss tasks and not know it.
Result<std::vector<std::shared_ptr<stream::Stream>>> unknown_streams(stream::StreamManager& streams,
                                                                     const std::vector<Member>& known,
                                                                     std::optional<WallTime> since) {
  std::vector<std::shared_ptr<stream::Stream>> found;
  for (auto& stream : streams.unfinished()) {
    if (!has(known, stream->id())) found.push_back(std::move(stream));
  }
  const auto tasks = since ? streams.list({.limit = listed_tasks_max}) : Result<std::vector<stream::TaskListEntry>>();
  if (!tasks) return Failure(tasks.error());
  for (const auto& task : *tasks) {
    const WallTime created_at = task.stream ? task.stream->info().created_at : task.stored.created_at;
    const StreamId& id = task.stream ? task.stream->id() : task.stored.id;
    const bool is_found =
        std::any_of(found.begin(), found.end(), [&](const auto& stream) { return stream->id() == id; });
    if (created_at <= *since || is_found || has(known, id)) continue;
    auto stream = task.stream ? Result<std::shared_ptr<stream::Stream>>(task.stream) : streams.find(id);
    if (stream) {
      found.push_back(*std::move(stream));
    } else if (!is_of_one_stream(stream.error().code)) {
      return Failure(std::move(stream.error()));
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a->info().created_at, a->id()) > std::pair(b->info().created_at, b->id());
  });
  return found;
}

Result<std::shared_ptr<MultiplexRequest>> scope_request(const HandlerContext& context, const MultiplexQuery& query) {
  auto& streams = context.tasks.streams();
  auto request = std::make_shared<MultiplexRequest>();
  std::optional<WallTime> since;
  if (!query.cursor.empty()) {
    auto cursor = parse_scope_cursor(query.cursor);
    if (!cursor) return Failure(std::move(cursor.error()));
    since = cursor->known_until;
    for (auto& entry : cursor->streams) {
      request->members.push_back(member_of(streams, entry.id, query.defaults, std::move(entry.position)));
    }
  }
  request->known_until = std::max(context.clock.wall(), since.value_or(WallTime{}));
  // First, so that no stream is opened unseen; one that is in the list as well joins once.
  request->opened = std::make_shared<stream::OpenedStreams>(opened_waiting_max);
  streams.announce_to(request->opened);
  auto unknown = unknown_streams(streams, request->members, since);
  if (!unknown) return Failure(std::move(unknown.error()));
  for (auto& stream : *unknown) {
    if (request->members.size() == multiplexed_streams_max) {
      ++request->omitted;
      continue;
    }
    Member member;
    member.id = stream->id();
    member.stream = std::move(stream);
    member.cursor = query.defaults;
    request->members.push_back(std::move(member));
  }
  return request;
}

Result<std::shared_ptr<MultiplexRequest>> list_request(const HandlerContext& context, const MultiplexQuery& query) {
  auto members = listed_members(context.tasks.streams(), query);
  if (!members) return Failure(std::move(members.error()));
  auto request = std::make_shared<MultiplexRequest>();
  request->members = std::move(*members);
  return request;
}

}  // namespace

HandlerResult get_multiplexed_events(const HandlerContext& context, const Request& request, std::string_view) {
  if (!accepts(request.head.header("accept"), "text/event-stream")) {
    return problem(Error{ErrorCode::bad_request, "This route serves text/event-stream only.",
                         "Accept it. Pages of events exist per stream: GET /api/stream/events/{id}."},
                   {.status = 406});
  }
  auto parsed = parse_request(request);
  if (!parsed) return problem(parsed.error());
  auto several = parsed->streams ? list_request(context, *parsed) : scope_request(context, *parsed);
  if (!several) return problem(several.error());
  if (!(*several)->is_scope()) {
    if (auto instead = response_without_events((*several)->members)) return *std::move(instead);
  }
  if (request.head.method == Method::head) return Response(200, "text/event-stream; charset=utf-8", "");
  (*several)->view = std::move(parsed->view);
  StreamHandoff handoff;
  handoff.several = std::move(*several);
  return handoff;
}

}  // namespace plenum::http
