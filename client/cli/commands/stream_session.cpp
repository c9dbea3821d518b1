#include "client/cli/commands/stream_session.h"

#include <fmt/format.h>

#include "client/api/cli_words.h"
#include "client/cli/commands/outcome.h"
#include "client/cli/render/format.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

StreamFollowerOptions options_for(const ApiClient& api, const FollowRequest& request) {
  StreamFollowerOptions options;
  options.url = api.events_url(request.stream_id);
  options.server = api.options().server;
  options.start = request.start;
  options.connect_timeout = api.options().connect_timeout;
  options.retry_for = api.options().retry_for;
  return options;
}

}  // namespace

StreamSession::StreamSession(ApiClient& api, SignalWaiter& waiting, View& view, Output& output, FollowRequest request)
    : api_(api),
      waiting_(waiting),
      view_(view),
      output_(output),
      request_(std::move(request)),
      follower_(options_for(api_, request_), waiting_, *this) {}

int StreamSession::run() {
  waiting_.on_interrupt([this] { return interrupted(); });
  waiting_.on_suspend([this] { view_.suspend(); });
  const Result<FollowEnd> end = waiting_.stop_requested() ? FollowEnd::stopped : follower_.follow();
  waiting_.on_interrupt(nullptr);
  if (end && *end == FollowEnd::terminal) wait_until_closed();
  waiting_.on_suspend(nullptr);
  if (!end) return on_failure(end.error());
  view_.flush();
  if (*end == FollowEnd::stopped || output_.broken()) return on_stopped();
  return *end == FollowEnd::terminal ? exit_code_ : on_finished();
}

void StreamSession::on_event(const ReceivedEvent& event, std::string_view json) {
  if (has_server_words(event)) {
    view_.on_event(in_cli_words(event), json);
  } else {
    view_.on_event(event, json);
  }
  if (!event.terminal) return;
  ended_ = true;
  exit_code_ = exit_code_of(event);
}

bool StreamSession::on_batch_end() {
  view_.flush();
  return !output_.broken();
}

void StreamSession::on_connected() {
  if (disconnected_) view_.notice(Notice::progress, "Connected again.");
  disconnected_ = false;
  if (cancel_pending_) cancel();
}

void StreamSession::on_connection_issue(const ConnectionIssue& issue) {
  disconnected_ = true;
  constexpr int attempts_per_line = 10;  // the first attempt and every tenth are reported
  if (issue.attempt % attempts_per_line != 1) return;
  view_.notice(Notice::warning,
               fmt::format("{}; trying again in {}.", issue.cause.message, format_duration(issue.wait.count())));
  view_.flush();
}

void StreamSession::on_mismatch(const std::string& description) {
  view_.remark(Notice::warning, "Check failed: " + description + ". Use the recorded text of the result.");
}

milliseconds StreamSession::on_wait() {
  const milliseconds time = view_.refresh();
  if (const auto request = view_.take_request()) carry_out(*request);
  return time;
}

void StreamSession::carry_out(const ViewRequest& request) {
  switch (request.kind) {
    case ViewRequest::Kind::cancel:
      view_.notice(Notice::warning, "Cancelling the task.");
      return cancel();
    case ViewRequest::Kind::skip:
      return skip(request.member);
    case ViewRequest::Kind::leave:
      left_ = true;
      waiting_.stop();
  }
}

void StreamSession::skip(const std::string& member) {
  const Result<CancelReply> reply = api_.skip(request_.stream_id, member);
  if (reply) {
    view_.notice(Notice::progress,
                 reply->already_finished ? member + " has no open call." : "Skipping " + member + ".");
  } else {
    view_.notice(Notice::warning, fmt::format("{} could not be skipped: {}.", member, reply.error().message));
  }
  view_.flush();
}

// A view with keys stays until the user closes it.
void StreamSession::wait_until_closed() {
  while (view_.stays_open() && !output_.broken()) {
    const milliseconds time = on_wait();
    if (view_.stays_open() && !waiting_.pause(time)) break;  // it may have been closed by a key
  }
  if (view_.stays_open()) view_.leave();
}

bool StreamSession::interrupted() {
  if (!request_.cancel_on_interrupt) return false;
  view_.notice(Notice::warning, "Cancelling the task; press Ctrl-C again to exit immediately.");
  view_.flush();
  cancel();
  return true;
}

void StreamSession::cancel() {
  cancel_pending_ = false;
  cancel_state_ = CancelState::unconfirmed;  // a second Ctrl-C ends the wait for the response
  const Result<CancelReply> reply = api_.cancel(request_.stream_id);
  if (reply) cancel_state_ = CancelState::accepted;
  if (reply || waiting_.stop_requested()) return;
  if (reply.error().code != ErrorCode::unreachable) cancel_state_ = CancelState::none;
  cancel_pending_ = row_of(reply.error().code).retry != Retry::never || reply.error().code == ErrorCode::unreachable;
  view_.notice(Notice::warning, fmt::format("The task could not be cancelled: {}.{}", reply.error().message,
                                            cancel_pending_ ? " It is repeated when the server is reachable." : ""));
  view_.flush();
}

int StreamSession::on_finished() {
  const Result<Json> status = api_.status(request_.stream_id);
  if (!status) return on_failure(status.error());
  view_.notice(Notice::progress, fmt::format("The stream has ended ({}); there are no events after {}.",
                                             text_at(*status, "status"), follower_.cursor().seq()));
  view_.flush();
  return exit_code_of_status(*status);
}

std::string StreamSession::task_state() const {
  if (ended_) return "The task has ended.";
  switch (cancel_state_) {
    case CancelState::accepted:
      return "The task is being cancelled.";
    case CancelState::unconfirmed:
      return fmt::format(
          "The server did not confirm the cancel request; see what became of the task with: "
          "plenum status {}{}.",
          request_.stream_id, request_.server_argument);
    default:
      return "The task continues.";
  }
}

void StreamSession::leave() {
  view_.leave();
  view_.flush();  // the hint depends on whether all output was written
}

int StreamSession::on_stopped() {
  const bool unwritable = output_.broken() && !waiting_.stop_requested();
  leave();
  printed_hint_ = attach_hint();
  if (left_ && !output_.broken()) {
    view_.notice(Notice::progress, fmt::format("{} Follow it again with: {}", task_state(), printed_hint_));
    view_.flush();
    return 0;
  }
  const std::string why = unwritable ? "plenum: " + write_failure(output_) + "." : "Exiting.";
  view_.notice(Notice::error, fmt::format("{} {} Read it again with: {}", why, task_state(), printed_hint_));
  view_.flush();
  return unwritable ? exit_failed : row_of(ErrorCode::cancelled).exit_code;
}

int StreamSession::on_failure(const Error& error) {
  leave();
  view_.notice(Notice::error, "plenum: " + error_text(error));
  const int exit_code = row_of(error.code).exit_code;
  if (exit_code == row_of(ErrorCode::unreachable).exit_code) {
    printed_hint_ = attach_hint();
    view_.notice(Notice::error, "The task continues while its server runs. Follow it again with: " + printed_hint_);
  }
  view_.flush();
  return exit_code;
}

// Starts after what was written. After lost output it starts where this command did: how much of it was written is not
// known.
std::string StreamSession::attach_hint() const {
  std::uint64_t seq = request_.start.seq();
  if (!output_.broken()) seq = view_.shown_through().value_or(seq);
  const std::string after = seq > 0 && !ended_ ? fmt::format(" --after {}", seq) : std::string();
  return fmt::format("plenum attach {}{}{}", request_.stream_id, after, request_.server_argument);
}

}  // namespace plenum::client
