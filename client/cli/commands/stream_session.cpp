#include "client/cli/commands/stream_session.h"

#include <fmt/format.h>

#include "client/cli/render/format.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_degraded = 3;

int exit_code_named(std::string_view name) {
  const auto code = error_code_named(name);
  return code ? row_of(*code).exit_code : exit_failed;
}

// What to do next, in terms of this program where the server's are those of its routes.
std::string_view advice_here(const Error& error) {
  switch (error.code) {
    case ErrorCode::stream_not_found:
      return "See your own with: plenum list";
    case ErrorCode::stream_gone:
      return "It was deleted, or kept for its idle time and then removed; hand the task in again with: plenum run";
    case ErrorCode::invalid_cursor:
      return "Leave out --after, or name an event that exists.";
    case ErrorCode::cancelled:  // here: before there was a task, or while asking about one
      return error.remedy.empty() ? "Run the same command to try again." : error.advice();
    default:
      return error.advice();
  }
}

FollowOptions options_for(const ApiClient& api, const FollowRequest& request) {
  FollowOptions options;
  options.url = api.events_url(request.stream_id);
  options.server = api.options().server;
  options.start = request.start;
  options.connect_timeout = api.options().connect_timeout;
  options.retry_for = api.options().retry_for;
  return options;
}

}  // namespace

int exit_code_of(const ReceivedEvent& terminal) {
  if (const auto* completed = std::get_if<TaskCompleted>(&terminal.payload)) {
    return completed->result.degraded ? exit_degraded : 0;
  }
  if (const auto* failed = std::get_if<TaskError>(&terminal.payload)) return exit_code_named(failed->error.code);
  if (terminal.type() == EventType::task_cancelled) return row_of(ErrorCode::cancelled).exit_code;
  return exit_failed;
}

int exit_code_of_status(const Json& status) {
  switch (task_status_named(text_at(status, "status")).value_or(TaskStatus::error)) {
    case TaskStatus::initializing:
    case TaskStatus::running:
      return 0;
    case TaskStatus::completed:
      return flag_at(status, "degraded") ? exit_degraded : 0;
    case TaskStatus::cancelled:
      return row_of(ErrorCode::cancelled).exit_code;
    case TaskStatus::expired:
      return row_of(ErrorCode::stream_gone).exit_code;
    default:
      return exit_code_named(text_at(value_at(status, "error"), "code"));
  }
}

std::string error_text(const Error& error) {
  std::string text = error.message;
  if (text.find('\n') != text.npos) return text;  // a list of faults, each with what is expected
  if (!text.empty() && !text.ends_with('.')) text += '.';
  return fmt::format("{} {}", text, advice_here(error));
}

StreamSession::StreamSession(ApiClient& api, SignalWaiter& waiting, View& view, Output& output, FollowRequest request)
    : api_(api),
      waiting_(waiting),
      view_(view),
      output_(output),
      request_(std::move(request)),
      follower_(options_for(api_, request_), waiting_, *this) {}

int StreamSession::run() {
  waiting_.on_interrupt([this] { return interrupted(); });
  const Result<FollowEnd> end = waiting_.told_to_stop() ? FollowEnd::left : follower_.follow();
  waiting_.on_interrupt(nullptr);
  if (!end) return after_failure(end.error());
  view_.flush();
  if (*end == FollowEnd::left || output_.broken()) return after_leaving();
  return *end == FollowEnd::terminal ? exit_code_ : after_the_end();
}

void StreamSession::on_event(const ReceivedEvent& event, std::string_view json) {
  view_.on_event(event, json);
  if (!event.terminal) return;
  ended_ = true;
  exit_code_ = exit_code_of(event);
}

bool StreamSession::on_settled() {
  view_.flush();
  return !output_.broken();
}

void StreamSession::on_connected() {
  if (in_trouble_) view_.notice(Notice::progress, "Connected again.");
  in_trouble_ = false;
  if (cancel_wanted_) cancel();
}

void StreamSession::on_trouble(const ConnectionIssue& trouble) {
  in_trouble_ = true;
  // The first loss is news; a server that stays away is worth a line now and then.
  constexpr int attempts_per_line = 10;
  if (trouble.attempt % attempts_per_line != 1) return;
  view_.notice(Notice::warning,
               fmt::format("{}; trying again in {}.", trouble.cause.message, duration_words(trouble.wait.count())));
  view_.flush();
}

void StreamSession::on_mismatch(const std::string& what) {
  view_.notice(Notice::warning, "Check failed: " + what + ". Trust the recorded text, in the result.");
}

bool StreamSession::interrupted() {
  if (!request_.cancel_on_interrupt) return false;
  view_.notice(Notice::warning, "Cancelling the task; press Ctrl-C again to leave at once.");
  view_.flush();
  cancel();
  return true;
}

void StreamSession::cancel() {
  cancel_wanted_ = false;
  const Result<CancelReply> reply = api_.cancel(request_.stream_id);
  cancel_heard_ = reply.has_value();
  if (reply || waiting_.told_to_stop()) return;
  cancel_wanted_ = row_of(reply.error().code).retry != Retry::never || reply.error().code == ErrorCode::unreachable;
  view_.notice(Notice::warning, fmt::format("The task could not be cancelled: {}.{}", reply.error().message,
                                            cancel_wanted_ ? " Once the server answers it will be tried again." : ""));
  view_.flush();
}

int StreamSession::after_the_end() {
  const Result<Json> status = api_.status(request_.stream_id);
  if (!status) return after_failure(status.error());
  view_.notice(Notice::progress, fmt::format("The stream has ended ({}); nothing comes after event {}.",
                                             text_at(*status, "status"), follower_.cursor().seq()));
  view_.flush();
  return exit_code_of_status(*status);
}

int StreamSession::after_leaving() {
  const bool unwritable = output_.broken() && !waiting_.told_to_stop();
  std::string text = unwritable ? "Standard output takes no more: its reader has left, or the disk is full." : "Left.";
  text += ended_          ? " The task has ended."
          : cancel_heard_ ? " The task is being cancelled."
                          : " The task was not stopped by this.";
  view_.notice(Notice::error, text + " Read it again with: " + attach_hint());
  view_.flush();
  return unwritable ? exit_failed : row_of(ErrorCode::cancelled).exit_code;
}

int StreamSession::after_failure(const Error& error) {
  view_.notice(Notice::error, "plenum: " + error_text(error));
  view_.flush();  // the way back depends on whether it was all taken
  const int exit_code = row_of(error.code).exit_code;
  if (exit_code == row_of(ErrorCode::unreachable).exit_code) {
    view_.notice(Notice::error, "The task goes on as long as its server runs. Follow it again with: " + attach_hint());
  }
  view_.flush();
  return exit_code;
}

// After output that was lost it leads to the beginning: the cursor counts what was received, and what of
// that was written is not known.
std::string StreamSession::attach_hint() const {
  const std::uint64_t seq = follower_.cursor().seq();
  const std::string after = seq > 0 && !ended_ && !output_.broken() ? fmt::format(" --after {}", seq) : std::string();
  return fmt::format("plenum attach {}{}{}", request_.stream_id, after, request_.server_argument);
}

}  // namespace plenum::client
