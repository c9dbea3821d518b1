// Commands that follow a stream: run, retry, extend and attach.
#include <fmt/format.h>

#include <functional>
#include <utility>

#include "client/cli/args/input_text.h"
#include "client/cli/commands/execute.h"
#include "client/cli/commands/run_outputs.h"
#include "client/cli/commands/stream_session.h"
#include "client/cli/commands/task_input.h"
#include "client/cli/render/format.h"
#include "client/cli/render/silent_view.h"
#include "client/cli/tasks/conversation_start.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

using SubmitFunction = std::function<Result<AcceptedTask>(const ApiClient::OnRetry& on_retry)>;

// The text of the task, from the argument and standard input.
Result<std::string> task_text(Session& session, const RunCommand& command) {
  const CommandContext& context = session.context();
  std::string piped;
  if (!context.in_is_terminal || command.task == "-") {
    Result<std::string> read = read_piped(context.in_fd, context.waiting, [&] {
      session.note("Reading the task from standard input; end it with Ctrl-D, or use </dev/null.");
      context.output.flush();
    });
    if (!read) return read;
    piped = *std::move(read);
  }
  if (!command.task) return joined_task(std::nullopt, piped);
  const Result<std::string> argument = input_text(*command.task, "the task");
  if (!argument) return argument;
  return joined_task(*argument, piped);
}

// The task with the texts of standard input and files.
Result<TaskSpec> build_spec(Session& session, const RunCommand& command) {
  TaskSpec spec = command.spec;
  const Result<std::string> task = task_text(session, command);
  if (!task) return Failure(task.error());
  const Result<std::string> task_context = context_from(command.context, command.attachments);
  if (!task_context) return Failure(task_context.error());
  spec.task = *task;
  spec.context_json = *task_context;
  for (const std::string& argument : command.personas) {
    auto persona = persona_from(argument);
    if (!persona) return Failure(persona.error());
    spec.personas.push_back(*std::move(persona));
  }
  if (!command.response_format.empty()) {
    auto format = response_format_from(command.response_format);
    if (!format) return Failure(format.error());
    spec.parameters.common.response_format = *std::move(format);
  }
  return spec;
}

int follow(Session& session, const std::string& stream_id, StreamCursor start, int total_chunks = 0) {
  const std::unique_ptr<View> view = session.make_view(total_chunks);
  const CommandContext& context = session.context();
  StreamSession stream(session.api(), context.waiting, *view, context.output,
                       {stream_id, std::move(start), session.line().cancel_on_interrupt, session.server_argument()});
  const int exit_code = stream.run();
  // The terminal is closed, and what was on it is gone.
  if (context.output.errors_lost() && !stream.printed_hint().empty()) session.store_hint(stream_id);
  return exit_code;
}

int detach(Session& session, const AcceptedTask& accepted) {
  if (session.line().json) {
    session.write_json(accepted.body);
  } else {
    session.context().output.out(accepted.stream_id + "\n");
  }
  session.note("The task continues. Follow it with: plenum attach " + session.shown_id(accepted.stream_id) +
               session.server_argument());
  return 0;
}

// Ctrl-C during the submission of a task with --detach.
int cancel_accepted(Session& session, const AcceptedTask& accepted) {
  const Result<CancelReply> cancelled = session.api().cancel(accepted.stream_id);
  if (cancelled) {
    session.note(fmt::format("The task {} is being cancelled.", accepted.stream_id));
  } else {
    const std::string text =
        fmt::format("plenum: the task could not be cancelled: {}. Try again with: plenum cancel {}{}",
                    terminal_text(cancelled.error().message), accepted.stream_id, session.server_argument());
    session.context().output.err(session.style().red(text) + "\n");
  }
  return row_of(ErrorCode::cancelled).exit_code;
}

Result<AcceptedTask> submit(Session& session, const SubmitFunction& call) {
  // Before the response there is no id to cancel: a first Ctrl-C is deferred until then.
  if (session.line().cancel_on_interrupt) session.context().waiting.defer_interrupt();
  bool reported = false;
  return call([&](const Error& cause, milliseconds wait) {
    if (std::exchange(reported, true)) return;
    session.note(session.style().yellow(
        fmt::format("{}; trying again in {}.", terminal_line(cause.message), format_duration(wait.count()))));
    session.context().output.flush();
  });
}

// followed: receives the id of the stream, unless it is null.
int submit_and_follow(Session& session, bool then_detach, const SubmitFunction& call, std::string* followed = nullptr) {
  const Result<AcceptedTask> accepted = submit(session, call);
  if (!accepted) return session.fail(accepted.error());
  session.note_missing_keys();
  if (then_detach) {
    SignalWaiter& waiting = session.context().waiting;
    if (session.line().cancel_on_interrupt && waiting.interrupted()) return cancel_accepted(session, *accepted);
    waiting.on_interrupt(nullptr);  // no longer deferred: an interrupt ends a wait
    return detach(session, *accepted);
  }
  session.note(session.style().dim("Stream " + session.shown_id(accepted->stream_id)));
  for (const std::string& skipped : accepted->skipped) {
    session.note(session.style().yellow("Without " + terminal_line(skipped)));
  }
  if (followed != nullptr) *followed = accepted->stream_id;
  return follow(session, accepted->stream_id, {});
}

}  // namespace

int execute(Session& session, const RunCommand& command) {
  if (const auto can = check_outputs(command); !can) return session.fail(can.error());
  Result<TaskSpec> spec = build_spec(session, command);
  if (!spec) return session.fail(spec.error());
  if (command.continues) {
    const Result<std::string> newest = continue_conversation(session.api(), *spec);
    if (!newest) return session.fail(newest.error());
    session.note(session.style().dim("Continues: " + terminal_fit(*newest, session.context().columns - 12)));
  }
  std::string stream_id;
  const int exit_code = submit_and_follow(
      session, command.detach,
      [&](const auto& on_retry) { return session.api().submit(*spec, on_retry, command.idempotency_key); }, &stream_id);
  if (stream_id.empty() || (command.save_file.empty() && command.directory.empty())) return exit_code;
  const auto written = write_outputs(session, command, stream_id);
  return written ? exit_code : session.fail(written.error());
}

int execute(Session& session, const RetryCommand& command) {
  return submit_and_follow(session, command.detach, [&](const auto& on_retry) {
    return session.api().retry(command.stream_id, command.from, on_retry);
  });
}

int execute(Session& session, const ExtendCommand& command) {
  return submit_and_follow(session, command.detach, [&](const auto& on_retry) {
    return session.api().extend(command.stream_id, command.rounds, on_retry);
  });
}

int execute(Session& session, const AttachCommand& command) {
  // The status first: a wrong id or address is reported immediately, not after --retry-for.
  const Result<Json> status = session.api().status(command.stream_id);
  if (!status) return session.fail(status.error());
  session.note(session.style().dim(
      fmt::format("Stream {} · {}", session.shown_id(command.stream_id), terminal_line(text_at(*status, "status")))));
  return follow(session, command.stream_id,
                command.from_now ? StreamCursor::from_now() : StreamCursor::after(command.after),
                static_cast<int>(int_at(*status, "total_chunks")));
}

int execute(Session& session, const WaitCommand& command) {
  const Result<Json> status = session.api().status(command.stream_id);
  if (!status) return session.fail(status.error());
  const CommandContext& context = session.context();
  SilentView view(context.output, session.line().quiet);
  const int exit_code = StreamSession(session.api(), context.waiting, view, context.output,
                                      {command.stream_id, StreamCursor::from_now(), false, session.server_argument()})
                            .run();
  if (!session.line().json) return exit_code;
  const Result<Json> final_status = session.api().status(command.stream_id);
  if (!final_status) return session.fail(final_status.error());
  session.write_json(*final_status);
  return exit_code;
}

}  // namespace plenum::client
