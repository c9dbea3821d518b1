#include "client/cli/args/task_options.h"

#include "client/cli/args/help_text.h"
#include "client/cli/args/validators.h"

namespace plenum::client {
namespace {

CLI::App* add_list(CLI::App& app, ListCommand& command) {
  CLI::App* list = app.add_subcommand("list", "List your tasks, newest first");
  list->add_option("-n,--limit", command.limit, "How many at most")->check(CLI::Range(1, 100))->capture_default_str();
  list->add_option("-s,--search", command.search, "Only tasks that hold these words, in the task or in the answer")
      ->type_name("WORDS")
      ->check(checked_by(check_not_blank));
  list->footer(list_notes);
  return list;
}

CLI::App* add_export(CLI::App& app, ExportCommand& command) {
  CLI::App* exported = app.add_subcommand("export", "Keep a task: its texts, results and costs as Markdown or JSON");
  add_stream_id(*exported, command.stream_id);
  CLI::Option* file = exported->add_option("-o,--output", command.file, "Write into this file; - is standard output")
                          ->type_name("FILE")
                          ->check(checked_by(check_not_blank));
  exported->add_flag("--force", command.force, "Overwrite the file if it exists")->needs(file);
  exported->footer(export_notes);
  return exported;
}

CLI::App* add_retry(CLI::App& app, RetryCommand& command, TypedFollowing& following, CommandLine& line) {
  CLI::App* retry = app.add_subcommand("retry", "Work on a task once more, from where it is worth it");
  add_stream_id(*retry, command.stream_id);
  retry->add_option("--from", command.from, "What is made anew, with all that follows: synthesis, rankings or all")
      ->check(CLI::IsMember({"synthesis", "rankings", "all"}))
      ->type_name("STEP")
      ->capture_default_str();
  retry->add_flag("-d,--detach", command.detach, "Print the new stream's id and leave; the task goes on");
  add_following_options(*retry, following, line);
  retry->footer(retry_notes);
  return retry;
}

CLI::App* add_delete(CLI::App& app, DeleteCommand& command) {
  CLI::App* removed = app.add_subcommand("delete", "Delete a task and all that it came to; a running one is cancelled");
  add_stream_id(*removed, command.stream_id);
  removed->add_flag("-y,--yes", command.yes, "Do not ask; needed where nobody can be asked");
  removed->footer(delete_notes);
  return removed;
}

}  // namespace

void add_history_commands(CLI::App& app, TypedHistory& typed, TypedFollowing& following, CommandLine& line,
                          CommandChoices& choices) {
  choices.push_back({add_list(app, typed.list), [&] { return typed.list; }});
  choices.push_back({add_export(app, typed.exported), [&] { return typed.exported; }});
  choices.push_back({add_retry(app, typed.retry, following, line), [&] { return typed.retry; }});
  choices.push_back({add_delete(app, typed.removed), [&] { return typed.removed; }});
}

}  // namespace plenum::client
