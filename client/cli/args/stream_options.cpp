#include "client/cli/args/stream_options.h"

#include "client/cli/args/help_text.h"
#include "client/cli/args/validators.h"

namespace plenum::client {
namespace {

CLI::App* add_attach(CLI::App& app, TypedStream& typed, TypedFollowing& following, CommandLine& line) {
  CLI::App* attach =
      app.add_subcommand("attach", "Follow a stream: from its beginning, from now, or from where you were");
  add_stream_id(*attach, typed.stream_id);
  CLI::Option* from = attach->add_option("--from", typed.from, "Where to begin: start or now")
                          ->check(CLI::IsMember({"start", "now"}))
                          ->type_name("WHERE")
                          ->capture_default_str();
  attach->add_option("--after", typed.after, "Begin after the event with this number")
      ->type_name("SEQ")
      ->check(CLI::NonNegativeNumber)
      ->excludes(from);
  add_following_options(*attach, following, line);
  attach->footer(attach_notes);
  return attach;
}

CLI::App* add_by_id(CLI::App& app, const char* name, const char* what, const char* notes, TypedStream& typed) {
  CLI::App* command = app.add_subcommand(name, what);
  add_stream_id(*command, typed.stream_id);
  command->footer(notes);
  return command;
}

}  // namespace

void add_stream_id(CLI::App& command, std::string& stream_id) {
  command.add_option("ID", stream_id, "The stream's id")->required()->check(checked_by(check_stream_id));
}

void add_following_options(CLI::App& command, TypedFollowing& typed, CommandLine& line) {
  command.add_option("--on-interrupt", typed.on_interrupt, "What the first Ctrl-C does to the task: cancel or leave")
      ->check(CLI::IsMember({"cancel", "leave"}))
      ->type_name("WHAT")
      ->capture_default_str();
  command.add_option("--retry-for", typed.retry_for, "How long to go on when the server cannot be reached")
      ->check(checked_by(check_duration))
      ->type_name("TIME")
      ->capture_default_str();
  command.add_flag("--show-reasoning", line.show_reasoning,
                   "Show what models think, dimmed, on standard error; else it is only counted");
}

void finish_following_options(const TypedFollowing& typed, CommandLine& line) {
  line.cancel_on_interrupt = typed.on_interrupt == "cancel";
  line.retry_for = std::chrono::ceil<std::chrono::seconds>(*duration_from(typed.retry_for));
}

void add_stream_commands(CLI::App& app, TypedStream& typed, TypedFollowing& following, CommandLine& line,
                         CommandChoices& choices) {
  choices.push_back({add_attach(app, typed, following, line), [&] {
                       return AttachCommand{typed.stream_id, typed.from == "now", typed.after};
                     }});
  choices.push_back({add_by_id(app, "status", "Say how far a task is", status_notes, typed),
                     [&] { return StatusCommand{typed.stream_id}; }});
  choices.push_back({add_by_id(app, "cancel", "Stop a task; what it has produced is kept", cancel_notes, typed),
                     [&] { return CancelCommand{typed.stream_id}; }});
  CLI::App* skip = add_by_id(app, "skip", "Go on without one member of a task", skip_notes, typed);
  skip->add_option("MEMBER", typed.member, "As the task names it, e.g. openai/gpt-4.1")->required();
  choices.push_back({skip, [&] { return SkipCommand{typed.stream_id, typed.member}; }});
}

}  // namespace plenum::client
