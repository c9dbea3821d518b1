#include "client/api/stream_follower.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/api/error_mapping.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

// Upper bound of the server's `retry:`, because a user is waiting at the terminal.
constexpr milliseconds retry_max{60'000};

bool is_retryable(int status) { return status == 408 || status == 429 || status >= 500; }

}  // namespace

StreamFollower::StreamFollower(StreamFollowerOptions options, Waiter& waiting, FollowListener& listener)
    : options_(std::move(options)),
      waiting_(waiting),
      listener_(listener),
      cursor_(options_.start),
      backoff_(options_.backoff_first, options_.backoff_max, options_.random),
      heartbeat_(options_.heartbeat),
      decoder_(event_bytes_max) {}

Result<FollowEnd> StreamFollower::follow() {
  SteadyTime last_reached = waiting_.now();
  while (true) {
    if (auto end = connect_once()) return std::move(*end);
    if (streaming_) last_reached = waiting_.now();
    const Error cause = failure_.value_or(Error{
        ErrorCode::unreachable, fmt::format("the connection to {} ended before the stream did", options_.server)});
    const milliseconds min = std::max(cause.retry_after.value_or(milliseconds(0)), retry_.value_or(milliseconds(0)));
    const milliseconds wait = backoff_.next(min);
    if (waiting_.now() + wait - last_reached > options_.retry_for) return Failure(cause);
    listener_.on_connection_issue({cause, wait, ++attempt_});
    if (!pause(wait)) return FollowEnd::stopped;
  }
}

bool StreamFollower::pause(milliseconds time) {
  const SteadyTime until = waiting_.now() + time;
  do {
    const auto left = std::chrono::ceil<milliseconds>(until - waiting_.now());
    if (!waiting_.pause(std::min(std::max(left, milliseconds(0)), listener_.on_wait()))) return false;
  } while (waiting_.now() < until);
  return true;
}

HttpRequest StreamFollower::request() const {
  HttpRequest request;
  // Whatever the server's default format.
  request.url = options_.url + "?dialect=native";
  request.headers = {"Accept: text/event-stream", "Cache-Control: no-store"};
  request.connect_timeout = options_.connect_timeout;
  const std::string id = cursor_.last_event_id();
  if (!id.empty()) {
    request.headers.push_back("Last-Event-ID: " + id);
  } else if (cursor_.starts_now()) {
    request.url += "&from=now";
  } else if (cursor_.seq() > 0) {
    request.url += fmt::format("&after={}", cursor_.seq());
  }
  return request;
}

std::optional<Result<FollowEnd>> StreamFollower::connect_once() {
  decoder_ = SseDecoder(event_bytes_max);
  head_ = {};
  problem_.clear();
  streaming_ = false;
  failure_.reset();
  const HttpOutcome outcome = perform(request(), *this, waiting_);
  if (terminal_) return FollowEnd::terminal;
  if (stopped_ || outcome.end == HttpEnd::interrupted) return FollowEnd::stopped;
  if (failure_) {
    if (invalid_connections_ > repairs_max) return Failure(*failure_);
    return std::nullopt;
  }
  return end_of_response(outcome);
}

std::optional<Result<FollowEnd>> StreamFollower::end_of_response(const HttpOutcome& outcome) {
  if (streaming_ || head_.status == 0) {
    if (outcome.end != HttpEnd::complete) failure_ = error_from_outcome(outcome, options_.server);
    return std::nullopt;
  }
  if (head_.status == 204) return FollowEnd::nothing_more;
  Error error = error_from_reply(head_, problem_, options_.server);
  if (!is_retryable(head_.status)) return Failure(std::move(error));
  failure_ = std::move(error);
  return std::nullopt;
}

bool StreamFollower::on_head(const HttpHead& head) {
  head_ = head;
  streaming_ = head.status == 200 && head.content_type.starts_with("text/event-stream");
  if (streaming_) listener_.on_connected();
  return true;
}

bool StreamFollower::on_bytes(std::string_view bytes) {
  if (!streaming_) {
    problem_.append(bytes.substr(0, problem_bytes_max - problem_.size()));
    return problem_.size() < problem_bytes_max;
  }
  frames_.clear();
  const Result<void> fed = decoder_.feed(bytes, frames_);
  bool proceed = true;
  for (const SseEvent& frame : frames_) {
    proceed = take_frame(frame);
    if (!proceed) break;
  }
  if (const auto retry = decoder_.retry_ms()) retry_ = milliseconds(std::min<std::uint64_t>(*retry, retry_max.count()));
  stopped_ = !listener_.on_batch_end();
  if (stopped_) return false;
  if (proceed && !fed) return fail_connection(unreadable(fed.error()));
  return proceed;
}

milliseconds StreamFollower::silence_max() const {
  // Two late heartbeats are tolerated before the connection counts as lost.
  return std::max(heartbeat_ * 5 / 2, options_.silence_min);
}

// Returns false to close the connection: at the end of the stream, or to reconnect.
bool StreamFollower::take_frame(const SseEvent& frame) {
  std::string json = frame.data;
  std::replace(json.begin(), json.end(), '\n', ' ');  // data of several lines is one JSON text
  const Result<ReceivedEvent> event = parse_event(json);
  if (!event) return fail_connection(unreadable(event.error()));
  any_event_ = true;
  switch (cursor_.take(*event, frame.last_event_id)) {
    case Verdict::duplicate:
      return true;
    case Verdict::control:
      deliver(*event, json);
      return true;
    case Verdict::next:
      invalid_connections_ = 0;
      deliver(*event, json);
      return !terminal_;
    case Verdict::gap:
      return fail_connection({ErrorCode::malformed,
                              fmt::format("the stream skipped from event {} to event {}", cursor_.seq(), event->seq)});
    case Verdict::invalid_id:
      break;
  }
  return fail_connection(
      {ErrorCode::malformed, fmt::format("the id of event {} belongs to another event", event->seq)});
}

void StreamFollower::deliver(const ReceivedEvent& event, std::string_view json) {
  if (event.type() == EventType::system_message) apply_stream_open(std::get<SystemMessage>(event.payload));
  if (event.seq > 0 || event.type() == EventType::heartbeat) {
    attempt_ = 0;
    backoff_.reset();
  }
  const std::optional<std::string> mismatch = check_.take(event);
  listener_.on_event(event, json);
  if (mismatch) listener_.on_mismatch(*mismatch);
  terminal_ = terminal_ || event.terminal;
}

void StreamFollower::apply_stream_open(const SystemMessage& message) {
  if (message.code != "stream_open") return;
  const Result<Json> fields = parse_json("{" + message.fields_json + "}");
  if (!fields) return;
  const double heartbeat_s = real_at(*fields, "heartbeat_s").value_or(0);
  if (heartbeat_s > 0 && heartbeat_s < 86'400) heartbeat_ = milliseconds(static_cast<std::int64_t>(heartbeat_s * 1000));
}

Error StreamFollower::unreadable(Error cause) const {
  if (any_event_) return cause;
  return {ErrorCode::unreachable,
          fmt::format("the events at {} are not those of a Plenum server: {}", options_.server, cause.message),
          "Check --server and PLENUM_SERVER: another program may be listening at that address."};
}

// Discards the rest of the connection; the stream is read again from the cursor, at most repairs_max times.
bool StreamFollower::fail_connection(Error cause) {
  failure_ = std::move(cause);
  ++invalid_connections_;
  return false;
}

}  // namespace plenum::client
