#include "server/http/sse/cursor.h"

#include <fmt/format.h>

#include <charconv>

#include "common/base/ids.h"
#include "common/base/result.h"

namespace plenum::http {

namespace {

// A requested position; no epoch if only a number was given.
struct Position {
  std::optional<std::string> epoch;
  std::uint64_t seq = 0;
};

Error invalid(std::string_view what, std::string_view value) {
  return Error{ErrorCode::invalid_cursor,
               fmt::format("{} is not a position in this stream: `{}`.", what, value.substr(0, 64))};
}

Result<Position> from_event_id(std::string_view what, const std::string& text) {
  const auto id = EventId::parse(text);
  if (!id) return Failure(invalid(what, text));
  return Position{id->epoch, id->seq};
}

Result<Position> from_number(const std::string& text) {
  Position position;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), position.seq);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size())
    return Failure(invalid("?after=", text));
  return position;
}

enum class OnGap { snapshot, fail, skip };

Result<OnGap> gap_policy(const std::optional<std::string>& text) {
  if (!text || *text == "snapshot") return OnGap::snapshot;
  if (*text == "fail") return OnGap::fail;
  if (*text == "skip") return OnGap::skip;
  return Failure(Error{ErrorCode::bad_request,
                       fmt::format("?gap= must be snapshot, fail or skip, not `{}`.", text->substr(0, 32))});
}

// A snapshot replaces all events up to its number. For a finished stream the terminal event follows it, because
// clients detect the end by `terminal`.
std::uint64_t snapshot_position(const StreamExtent& extent) { return extent.last_seq - (extent.finished ? 1 : 0); }

// The position is no longer held, so events are missing after it.
CursorResolution across_gap(const Position& position, OnGap policy, const StreamExtent& extent) {
  const bool other_epoch = position.epoch && *position.epoch != extent.epoch;
  if (policy == OnGap::fail) {
    return Error{ErrorCode::cursor_expired,
                 other_epoch ? fmt::format("The cursor has epoch {}, the stream has {}.", *position.epoch, extent.epoch)
                             : fmt::format("Events after {} are no longer available; the oldest is {}.", position.seq,
                                           extent.first_seq)};
  }
  StartPoint start;
  start.has_cursor = true;
  start.gap = StartPoint::Gap{other_epoch ? 1 : position.seq + 1, extent.first_seq - 1};
  if (policy == OnGap::snapshot) {
    start.snapshot = true;
    start.after = snapshot_position(extent);
    start.gap->to = start.after;
  } else {
    start.after = extent.first_seq - 1;
  }
  return start;
}

// A request for the whole stream whose first events are no longer held is a gap as well.
CursorResolution from_start(OnGap policy, const StreamExtent& extent) {
  if (extent.first_seq == 1) return StartPoint{};
  auto resolution = across_gap({std::nullopt, 0}, policy, extent);
  if (auto* start = std::get_if<StartPoint>(&resolution)) start->has_cursor = false;
  return resolution;
}

CursorResolution from_keyword(const std::string& keyword, OnGap policy, const StreamExtent& extent) {
  StartPoint start;
  if (keyword == "start") return from_start(policy, extent);
  if (keyword == "now")
    start.after = extent.last_seq;
  else if (keyword == "snapshot")
    start.after = snapshot_position(extent), start.snapshot = true;
  else
    return Error{ErrorCode::invalid_cursor, "?from= must be start, snapshot or now."};
  // A finished stream has no event after its end; a snapshot of it is still a valid response.
  if (extent.finished && keyword == "now") return NothingMore{};
  return start;
}

}  // namespace

StreamExtent extent_of(const stream::Stream& stream) {
  return {stream.encoder().epoch(), stream.first_seq(), stream.head(), stream.finished()};
}

CursorResolution resolve_cursor(const CursorRequest& request, const StreamExtent& extent) {
  const auto policy = gap_policy(request.gap);
  if (!policy) return policy.error();
  Result<Position> position;
  if (!request.last_event_id_header.empty()) {
    position = from_event_id("Last-Event-ID", request.last_event_id_header);
  } else if (!request.last_event_id_query.empty()) {
    position = from_event_id("?last_event_id=", request.last_event_id_query);
  } else if (request.after) {
    position = from_number(*request.after);
  } else if (request.from) {
    return from_keyword(*request.from, *policy, extent);
  } else {
    return from_start(*policy, extent);
  }
  if (!position) return position.error();
  if (position->epoch && *position->epoch != extent.epoch) return across_gap(*position, *policy, extent);
  if (position->seq > extent.last_seq) {
    return Error{ErrorCode::invalid_cursor,
                 fmt::format("The cursor is at event {}, but the newest is {}.", position->seq, extent.last_seq)};
  }
  if (position->seq + 1 < extent.first_seq) return across_gap(*position, *policy, extent);
  if (extent.finished && position->seq == extent.last_seq) return NothingMore{};
  StartPoint start;
  start.after = position->seq;
  start.recovered = start.has_cursor = true;
  return start;
}

}  // namespace plenum::http
