#include "client/cli/commands/session.h"

#include <fmt/format.h>

#include <utility>

#include "client/cli/commands/stream_session.h"
#include "client/cli/commands/task_input.h"
#include "client/cli/render/format.h"
#include "client/cli/render/json_view.h"
#include "client/cli/render/plain_view.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::client {

int Session::operator()(const RunCommand& command) {
  const Result<TaskSpec> spec = build_spec(command);
  if (!spec) return fail(spec.error());
  return submit([&](const auto& on_retry) { return api_.submit(*spec, on_retry); }, command.detach);
}

int Session::operator()(const RetryCommand& command) {
  return submit([&](const auto& on_retry) { return api_.retry(command.stream_id, command.from, on_retry); },
                command.detach);
}

int Session::submit(const SubmitFunction& call, bool then_detach) {
  const Result<AcceptedTask> accepted = accepted_by(call);
  if (!accepted) return fail(accepted.error());
  if (then_detach) {
    if (line_.cancel_on_interrupt && around_.waiting.interrupted()) return cancel_at_once(*accepted);
    around_.waiting.on_interrupt(nullptr);  // put off no longer: from here on it ends the waiting
    return detach(*accepted);
  }
  say(style_.dim("Stream " + accepted->stream_id));
  for (const std::string& skipped : accepted->skipped) say(style_.yellow("Without " + terminal_line(skipped)));
  return follow(accepted->stream_id, {});
}

Result<TaskSpec> Session::build_spec(const RunCommand& command) {
  TaskSpec spec = command.spec;
  std::string piped;
  if (!around_.in_is_terminal || command.task == "-") {
    Result<std::string> read = read_piped(around_.in_fd, around_.waiting, [this] {
      say("Reading more of the task from standard input; end it with Ctrl-D, or use </dev/null.");
      around_.output.flush();
    });
    if (!read) return Failure(read.error());
    piped = std::move(*read);
  }
  const Result<std::string> task = joined_task(command.task, piped);
  if (!task) return Failure(task.error());
  const Result<std::string> context = context_from(command.context, command.attachments);
  if (!context) return Failure(context.error());
  spec.task = repaired_utf8(*task);
  spec.context_json = *context;
  for (const std::string& argument : command.personas) {
    auto persona = persona_from(argument);
    if (!persona) return Failure(persona.error());
    spec.personas.push_back(*std::move(persona));
  }
  return spec;
}

Result<AcceptedTask> Session::accepted_by(const SubmitFunction& call) {
  // Until the server has answered there is nothing to cancel: a first Ctrl-C waits for the id.
  if (line_.cancel_on_interrupt) around_.waiting.put_off_interrupt();
  bool said = false;
  return call([&](const Error& cause, milliseconds wait) {
    if (std::exchange(said, true)) return;
    say(style_.yellow(
        fmt::format("{}; trying again in {}.", terminal_line(cause.message), duration_words(wait.count()))));
    around_.output.flush();
  });
}

int Session::detach(const AcceptedTask& accepted) {
  if (line_.json) {
    write_json(accepted.body);
  } else {
    around_.output.out(accepted.stream_id + "\n");
  }
  say("The task goes on. Follow it with: plenum attach " + accepted.stream_id + server_argument());
  return 0;
}

// Ctrl-C came while the task was being handed in.
int Session::cancel_at_once(const AcceptedTask& accepted) {
  const Result<CancelReply> cancelled = api_.cancel(accepted.stream_id);
  if (cancelled) {
    say(fmt::format("The task {} is being cancelled.", accepted.stream_id));
  } else {
    const std::string text = fmt::format("plenum: the task could not be cancelled: {}. Try again with: plenum cancel ",
                                         terminal_text(cancelled.error().message));
    around_.output.err(style_.red(text + accepted.stream_id + server_argument()) + "\n");
  }
  return row_of(ErrorCode::cancelled).exit_code;
}

int Session::operator()(const AttachCommand& command) {
  // Asked first, so that a wrong id or address is told at once and not after minutes of trying.
  const Result<Json> status = api_.status(command.stream_id);
  if (!status) return fail(status.error());
  say(style_.dim(fmt::format("Stream {} · {}", command.stream_id, terminal_line(text_at(*status, "status")))));
  return follow(command.stream_id, command.from_now ? StreamCursor::from_now() : StreamCursor::after(command.after));
}

int Session::follow(const std::string& stream_id, StreamCursor start) {
  const std::unique_ptr<View> view = make_view();
  return StreamSession(api_, around_.waiting, *view, around_.output,
                       {stream_id, std::move(start), line_.cancel_on_interrupt, server_argument()})
      .run();
}

std::unique_ptr<View> Session::make_view() const {
  if (line_.json) return std::make_unique<JsonView>(around_.output, around_.out_is_terminal, line_.quiet);
  PlainViewOptions options;
  options.live = around_.out_is_terminal && !line_.quiet;
  options.progress = !line_.quiet;
  options.out_is_terminal = around_.out_is_terminal;
  options.show_reasoning = line_.show_reasoning;
  options.color = wants_colour(line_.color, around_.color, around_.err_is_terminal);
  return std::make_unique<PlainView>(around_.output, options);
}

int Session::reply(const Json& body, const std::string& text, int exit_code) {
  if (line_.json) {
    write_json(body);
  } else {
    around_.output.out(text);
  }
  return exit_code;
}

void Session::write_json(const Json& body) {
  const std::string json = dump_json(body);
  around_.output.out((around_.out_is_terminal ? terminal_json(json) : json) + "\n");
}

int Session::fail(const Error& error) {
  around_.output.err(style_.red("plenum: " + terminal_text(error_text(error))) + "\n");
  return row_of(error.code).exit_code;
}

void Session::say(const std::string& text) {
  if (!line_.quiet) around_.output.err(text + "\n");
}

}  // namespace plenum::client
