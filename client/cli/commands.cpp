#include "client/cli/commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "client/api/api_client.h"
#include "client/cli/following.h"
#include "client/cli/json_view.h"
#include "client/cli/models_text.h"
#include "client/cli/plain_view.h"
#include "client/cli/task_input.h"
#include "client/cli/terminal_text.h"
#include "client/cli/words.h"
#include "common/json_read.h"
#include "common/utf8.h"

namespace plenum::client {
namespace {

// One invocation: what was asked for, where, and the server it talks to.
class Session {
 public:
  Session(const CommandLine& line, const Surroundings& around)
      : line_(line),
        around_(around),
        style_(wants_colour(line.colour, around.colour, around.err_is_terminal)),
        api_(ApiOptions{.server = line.server, .retry_for = line.retry_for}, around.waiting) {}

  int operator()(const RunCommand& command);
  int operator()(const AttachCommand& command);
  int operator()(const StatusCommand& command);
  int operator()(const CancelCommand& command);
  int operator()(const SkipCommand& command);
  int operator()(const ListCommand& command);
  int operator()(const ModelsCommand& command);

 private:
  Result<TaskSpec> spec_of(const RunCommand& command);
  Result<AcceptedTask> submit(const TaskSpec& spec);
  int detach(const AcceptedTask& accepted);
  int cancel_at_once(const AcceptedTask& accepted);
  int follow(const std::string& stream_id, StreamCursor start);
  std::unique_ptr<View> make_view() const;
  int reply(const Json& body, const std::string& text, int exit_code);
  int fail(const Error& error);
  void say(const std::string& text);
  void write_json(const Json& body);
  std::string server_argument() const { return line_.server_is_default ? "" : " --server " + line_.server; }

  const CommandLine& line_;
  const Surroundings& around_;
  const Style style_;
  ApiClient api_;
};

int Session::operator()(const RunCommand& command) {
  const Result<TaskSpec> spec = spec_of(command);
  if (!spec) return fail(spec.error());
  const Result<AcceptedTask> accepted = submit(*spec);
  if (!accepted) return fail(accepted.error());
  if (command.detach) {
    if (line_.cancel_on_interrupt && around_.waiting.interrupted()) return cancel_at_once(*accepted);
    around_.waiting.on_interrupt(nullptr);  // put off no longer: from here on it ends the waiting
    return detach(*accepted);
  }
  say(style_.dim("Stream " + accepted->stream_id));
  for (const std::string& skipped : accepted->skipped) say(style_.yellow("Without " + terminal_line(skipped)));
  return follow(accepted->stream_id, {});
}

Result<TaskSpec> Session::spec_of(const RunCommand& command) {
  TaskSpec spec = command.spec;
  std::string piped;
  if (!around_.in_is_terminal || command.task == "-") {
    Result<std::string> read = read_piped(STDIN_FILENO, around_.waiting, [this] {
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

Result<AcceptedTask> Session::submit(const TaskSpec& spec) {
  // Until the server has answered there is nothing to cancel: a first Ctrl-C waits for the id.
  if (line_.cancel_on_interrupt) around_.waiting.put_off_interrupt();
  bool said = false;
  return api_.submit(spec, [&](const Error& cause, milliseconds wait) {
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
  return Following(api_, around_.waiting, *view, around_.output,
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
  options.colour = wants_colour(line_.colour, around_.colour, around_.err_is_terminal);
  return std::make_unique<PlainView>(around_.output, options);
}

int Session::operator()(const StatusCommand& command) {
  const Result<Json> status = api_.status(command.stream_id);
  if (!status) return fail(status.error());
  return reply(*status, status_text(*status), 0);
}

int Session::operator()(const CancelCommand& command) {
  const Result<CancelReply> cancelled = api_.cancel(command.stream_id);
  if (!cancelled) return fail(cancelled.error());
  const std::string text = cancelled->already_finished ? fmt::format("The task had ended already ({}).\n",
                                                                     terminal_line(text_at(cancelled->body, "status")))
                                                       : "The task is being cancelled; what it has produced is kept.\n";
  return reply(cancelled->body, text, 0);
}

int Session::operator()(const SkipCommand& command) {
  const Result<CancelReply> skipped = api_.skip(command.stream_id, command.member);
  if (!skipped) return fail(skipped.error());
  const std::string member = terminal_line(command.member);
  return reply(skipped->body,
               skipped->already_finished ? fmt::format("{} has nothing open.\n", member)
                                         : fmt::format("{} is being skipped; the task goes on without it.\n", member),
               0);
}

int Session::operator()(const ListCommand& command) {
  const Result<Json> list = api_.list(command.limit);
  if (!list) return fail(list.error());
  return reply(*list, list_text(*list), 0);
}

int Session::operator()(const ModelsCommand&) {
  const Result<Json> models = api_.models();
  if (!models) return fail(models.error());
  return reply(*models, models_text(*models), 0);
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

std::string member_line(const Json& member) {
  std::string line =
      fmt::format("  {:<32} {}", terminal_cut(text_at(member, "id"), 60), terminal_line(text_at(member, "status")));
  if (const auto ms = number_at(member, "latency_ms"); ms && *ms > 0) line += ", " + duration_words(*ms);
  const Usage usage = usage_from(value_at(member, "usage"));
  if (usage.known()) line += ", " + token_words(usage);
  const std::string error = text_at(value_at(member, "error"), "message");
  if (!error.empty()) line += ": " + terminal_line(error);
  return line + "\n";
}

}  // namespace

int run_command(const CommandLine& line, const Surroundings& around) {
  const int exit_code = std::visit(Session(line, around), line.command);
  around.output.flush();
  return exit_code == 0 && around.output.broken() ? 1 : exit_code;
}

std::string status_text(const Json& status) {
  std::string text;
  const auto row = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<10}{}\n", name, value);
  };
  row("stream", terminal_line(text_at(status, "stream_id")));
  row("status", fmt::format("{}, {} of {}", terminal_line(text_at(status, "status")),
                            int_at(status, "chunks_completed"), count_words(int_at(status, "total_chunks"), "chunk")));
  row("workflow", terminal_line(text_at(status, "workflow")));
  row("task", terminal_cut(text_at(status, "task"), 200));
  row("now", terminal_line(text_at(status, "current_agent")));
  row("error", terminal_line(text_at(status, "error_message")));
  for (const std::string& reason : texts_at(status, "reasons")) row("degraded", terminal_line(reason));
  const Usage usage = usage_from(value_at(status, "usage"));
  row("so far", token_words(usage) + ", " + cost_words(cost_from(value_at(status, "cost_so_far"))));
  row("accepted", terminal_line(text_at(status, "created_at")));
  row("finished", terminal_line(text_at(status, "finished_at")));
  const auto members = items_at(status, "members", member_line);
  if (!members.empty()) text += "members\n";
  for (const std::string& member : members) text += member;
  return text;
}

// `11-21 06:37Z` from 2026-11-21T06:37:30.123Z.
std::string short_time(std::string time) {
  if (time.size() < 16) return time;
  std::replace(time.begin(), time.end(), 'T', ' ');
  return time.substr(5, 11) + "Z";
}

// Rows of at most 80 columns, whole ids: they are what the other commands take.
std::string list_text(const Json& list) {
  std::string text;
  items_at(list, "tasks", [&](const Json& task) {
    text +=
        fmt::format("{:<36}  {:<11}  {:<12}  {}\n", terminal_cut(text_at(task, "stream_id"), 36),
                    terminal_cut(text_at(task, "status"), 11),
                    terminal_cut(short_time(text_at(task, "created_at")), 12), terminal_cut(text_at(task, "task"), 15));
    return true;
  });
  return text.empty() ? "No tasks. Hand one in with: plenum run \"…\"\n" : text;
}

}  // namespace plenum::client
