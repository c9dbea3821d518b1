// The commands with their options, and the table of both.
#include "client/cli/args/command_table.h"

#include "client/cli/args/help_text.h"
#include "client/cli/args/validators.h"

namespace plenum::client {
namespace {

void add_stream_id(CLI::App& command, std::string& stream_id) {
  command.add_option("ID", stream_id, "The stream id, its first characters, last, or @N for the N-th newest task")
      ->required()
      ->check(checked_by(check_task_id));
}

void add_run(CLI::App& command, CommandOptions& options) {
  add_run_options(command, options.run);
  add_follow_options(command, options.follow);
}

void add_attach(CLI::App& command, CommandOptions& options) {
  add_stream_id(command, options.attach.stream_id);
  CLI::Option* from = command.add_option("--from", options.attach_from, "Start position: start or now")
                          ->check(one_of({"start", "now"}))
                          ->type_name("POSITION")
                          ->capture_default_str();
  command.add_option("--after", options.attach.after, "Start after the event with this number")
      ->type_name("SEQ")
      ->check(whole_number_in(0, 1'000'000'000'000))
      ->excludes(from);
  add_follow_options(command, options.follow);
}

Command make_attach(const CommandOptions& options) {
  AttachCommand command = options.attach;
  command.from_now = options.attach_from == "now";
  return command;
}

void add_skip(CLI::App& command, CommandOptions& options) {
  add_stream_id(command, options.skip.stream_id);
  command.add_option("MEMBER", options.skip.member, "The member as named in the task, such as openai/gpt-4.1")
      ->required();
}

void add_list(CLI::App& command, CommandOptions& options) {
  command.add_option("-n,--limit", options.list.limit, "Maximum number of tasks, 1 to 100")
      ->check(whole_number_in(1, 100))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("-s,--search", options.list.search, "Only tasks with these words in the task or the answer")
      ->type_name("WORDS")
      ->check(checked_by(check_not_blank));
}

void add_logs(CLI::App& command, CommandOptions& options) {
  CLI::Option* id =
      command
          .add_option("ID", options.logs.stream_id, "Only this task: a stream id, its first characters, last, or @N")
          ->check(checked_by(check_task_id));
  CLI::Option* limit = command.add_option("-n,--limit", options.logs.limit, "Number of tasks, 1 to 100")
                           ->check(whole_number_in(1, 100))
                           ->type_name("N")
                           ->capture_default_str();
  CLI::Option* search =
      command.add_option("-s,--search", options.logs.search, "Only tasks with these words in the task or the answer")
          ->type_name("WORDS")
          ->check(checked_by(check_not_blank));
  id->excludes(limit)->excludes(search);
}

void add_new_workflow(CLI::App& command, CommandOptions& options) {
  command.add_option("NAME", options.new_workflow.name, "The name of the new workflow")->required();
  command
      .add_option("-o,--output", options.new_workflow.file,
                  "File to write; - is standard output; without it, NAME.toml in the working directory")
      ->type_name("FILE")
      ->check(checked_by(check_not_blank));
  command.add_flag("--force", options.new_workflow.force, "Overwrite an existing file");
}

void add_export(CLI::App& command, CommandOptions& options) {
  add_stream_id(command, options.exported.stream_id);
  CLI::Option* file = command.add_option("-o,--output", options.exported.file, "Output file; - is standard output")
                          ->type_name("FILE")
                          ->check(checked_by(check_not_blank));
  command.add_option("--files", options.exported.directory, "Write the files of the result into this directory")
      ->type_name("DIR")
      ->check(checked_by(check_not_blank))
      ->excludes(file);
  command.add_flag("--force", options.exported.force, "Overwrite existing files");
  command.callback([&exported = options.exported] {
    const bool writes = !exported.file.empty() || !exported.directory.empty();
    if (exported.force && !writes) throw CLI::RequiresError("--force", "--output or --files");
  });
}

void add_retry(CLI::App& command, CommandOptions& options) {
  add_stream_id(command, options.retry.stream_id);
  command
      .add_option("--from", options.retry.from,
                  "First step that runs again, with all steps that depend on it: synthesis, rankings or all")
      ->check(one_of({"synthesis", "rankings", "all"}))
      ->type_name("STEP")
      ->capture_default_str();
  command.add_flag("-d,--detach", options.retry.detach, "Print the new stream id and exit; the task continues");
  add_follow_options(command, options.follow);
}

void add_models(CLI::App& command, CommandOptions& options) {
  command.add_option("PROVIDER", options.models.provider, "Only this provider, with all of its models");
  command.add_flag("--refresh", options.models.refresh, "Request the lists of models from the providers now");
  command.add_flag("--prices", options.models.prices, "List the known prices of models, and where they come from");
}

void add_extend(CLI::App& command, CommandOptions& options) {
  add_stream_id(command, options.extend.stream_id);
  command.add_option("--rounds", options.extend.rounds, "Number of rounds to add")
      ->check(whole_number_in(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("-d,--detach", options.extend.detach, "Print the new stream id and exit; the task continues");
  add_follow_options(command, options.follow);
}

void add_delete(CLI::App& command, CommandOptions& options) {
  add_stream_id(command, options.deleted.stream_id);
  command.add_flag("-y,--yes", options.deleted.yes, "Delete without confirmation; required for non-interactive use");
}

void add_conversation_id(CLI::App& command, std::string& id) {
  command.add_option("CONVERSATION", id, "The conversation's id, as its tasks were submitted with")->required();
}

void add_conversations(CLI::App& command, CommandOptions& options) {
  command.require_subcommand(0, 1);
  command.add_option("-n,--limit", options.conversations.limit, "Maximum number of conversations, 1 to 100")
      ->check(whole_number_in(1, 100))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("-s,--search", options.conversations.search,
                  "Only conversations with these words in the title, or in a task and its answer")
      ->type_name("WORDS")
      ->check(checked_by(check_not_blank));
}

void add_show_conversation(CLI::App& command, CommandOptions& options) {
  add_conversation_id(command, options.show_conversation.id);
  command.add_option("-n,--limit", options.show_conversation.limit, "Maximum number of tasks, 1 to 100")
      ->check(whole_number_in(1, 100))
      ->type_name("N")
      ->capture_default_str();
}

void add_rename_conversation(CLI::App& command, CommandOptions& options) {
  add_conversation_id(command, options.rename_conversation.id);
  command.add_option("TITLE", options.rename_conversation.title, "The new title; omit it for the default title");
}

void add_delete_conversation(CLI::App& command, CommandOptions& options) {
  add_conversation_id(command, options.delete_conversation.id);
  command.add_flag("-y,--yes", options.delete_conversation.yes,
                   "Delete without confirmation; required for non-interactive use");
}

void add_standings(CLI::App& command, CommandOptions& options) {
  command.add_option("-w,--workflow", options.standings.workflow, "Only tasks of this workflow")->type_name("WORKFLOW");
  command.add_option("--tag", options.standings.tag, "Only tasks with this `tag` in their metadata")->type_name("TAG");
  command.add_option("--since", options.standings.since, "Only tasks that ended then or later: 2026-11-21")
      ->type_name("DATE");
}

void add_show_config(CLI::App& command, CommandOptions& options) {
  command.require_subcommand(0, 1);
  command.add_flag("--origin", options.show_config.origin, "Also show where each value comes from");
}

void add_set_config(CLI::App& command, CommandOptions& options) {
  command.add_option("KEY", options.set_config.name, "The setting, as listed by plenum config")->required();
  command
      .add_option("VALUE", options.set_config.value,
                  "Its value; several members are separated by commas; \"\" removes it")
      ->required();
}

void add_set_key(CLI::App& command, CommandOptions& options) {
  command.add_option("PROVIDER", options.set_key.provider, "The provider, such as openai, or the variable of its key")
      ->required();
  command.add_option("--from-file", options.set_key.file, "Read the key from this file")
      ->type_name("FILE")
      ->check(checked_by(check_not_blank));
}

constexpr CommandRow rows[] = {
    {"", "run", "Submit a task and follow it to its end", run_notes, add_run,
     [](const CommandOptions& options) -> Command { return run_command_from(options.run); }},
    {"", "attach", "Follow a stream from its start, from now, or from a given event", attach_notes, add_attach,
     make_attach},
    {"", "wait", "Wait for the end of a task; the exit code is that of the task", wait_notes,
     [](CLI::App& command, CommandOptions& options) {
       add_stream_id(command, options.wait.stream_id);
       add_retry_for(command, options.follow);
     },
     [](const CommandOptions& options) -> Command { return options.wait; }},
    {"", "status", "Show the progress of a task", status_notes,
     [](CLI::App& command, CommandOptions& options) { add_stream_id(command, options.status.stream_id); },
     [](const CommandOptions& options) -> Command { return options.status; }},
    {"", "result", "Print the answer of a finished task", result_notes,
     [](CLI::App& command, CommandOptions& options) { add_stream_id(command, options.result.stream_id); },
     [](const CommandOptions& options) -> Command { return options.result; }},
    {"", "cancel", "Cancel a task; its partial output is stored", cancel_notes,
     [](CLI::App& command, CommandOptions& options) { add_stream_id(command, options.cancel.stream_id); },
     [](const CommandOptions& options) -> Command { return options.cancel; }},
    {"", "skip", "Continue a task without one member", skip_notes, add_skip,
     [](const CommandOptions& options) -> Command { return options.skip; }},
    {"", "list", "List tasks, newest first", list_notes, add_list,
     [](const CommandOptions& options) -> Command { return options.list; }},
    {"", "logs", "Print past tasks with their answers, newest last", logs_notes, add_logs,
     [](const CommandOptions& options) -> Command { return options.logs; }},
    {"", "export", "Write a task with its texts, results and costs as Markdown or JSON", export_notes, add_export,
     [](const CommandOptions& options) -> Command { return options.exported; }},
    {"", "retry", "Run a task again from a given step, as a new stream", retry_notes, add_retry,
     [](const CommandOptions& options) -> Command { return options.retry; }},
    {"", "extend", "Add rounds to a finished arena or debate, as a new stream", extend_notes, add_extend,
     [](const CommandOptions& options) -> Command { return options.extend; }},
    {"", "delete", "Delete a task and its results; a running task is cancelled first", delete_notes, add_delete,
     [](const CommandOptions& options) -> Command { return options.deleted; }},
    {"", "conversations", "List conversations, or show, rename or delete one", conversations_notes, add_conversations,
     [](const CommandOptions& options) -> Command { return options.conversations; }},
    {"conversations", "show", "Show the tasks and answers of a conversation, oldest first", show_conversation_notes,
     add_show_conversation, [](const CommandOptions& options) -> Command { return options.show_conversation; }},
    {"conversations", "rename", "Change the title of a conversation", rename_conversation_notes,
     add_rename_conversation, [](const CommandOptions& options) -> Command { return options.rename_conversation; }},
    {"conversations", "delete", "Delete a conversation with all its tasks; running ones are cancelled first",
     delete_conversation_notes, add_delete_conversation,
     [](const CommandOptions& options) -> Command { return options.delete_conversation; }},
    {"", "standings", "Rank models by the rankings and votes of past tasks", standings_notes, add_standings,
     [](const CommandOptions& options) -> Command { return options.standings; }},
    {"", "councils", "List the server's councils: their members, chairman and workflow", councils_notes,
     [](CLI::App&, CommandOptions&) {}, [](const CommandOptions&) -> Command { return CouncilsCommand{}; }},
    {"", "models", "List the server's providers: key status, default model, health, and the models they serve",
     models_notes, add_models, [](const CommandOptions& options) -> Command { return options.models; }},
    {"", "workflows", "List the server's workflows, show one, or check or write workflow files", workflows_notes,
     [](CLI::App& command, CommandOptions&) { command.require_subcommand(0, 1); },
     [](const CommandOptions&) -> Command { return WorkflowsCommand{}; }},
    {"workflows", "show", "Print the file of a workflow, as a template for a new one", show_workflow_notes,
     [](CLI::App& command, CommandOptions& options) {
       command.add_option("WORKFLOW", options.show_workflow.name, "The workflow's name, as listed")->required();
     },
     [](const CommandOptions& options) -> Command { return options.show_workflow; }},
    {"workflows", "check", "Report all errors in workflow files, without a server", check_workflows_notes,
     [](CLI::App& command, CommandOptions& options) {
       command.add_option("FILE", options.check_workflows.files, "Workflow files; - is standard input")->required();
     },
     [](const CommandOptions& options) -> Command { return options.check_workflows; }, false},
    {"workflows", "new", "Write a commented workflow file to start from, without a server", new_workflow_notes,
     add_new_workflow, [](const CommandOptions& options) -> Command { return options.new_workflow; }, false},
    {"", "keys", "List which providers have a key, and where it comes from; or store or remove one", keys_notes,
     [](CLI::App& command, CommandOptions&) { command.require_subcommand(0, 1); },
     [](const CommandOptions&) -> Command { return KeysCommand{}; }},
    {"keys", "set", "Store the key of a provider for local servers", set_key_notes, add_set_key,
     [](const CommandOptions& options) -> Command { return options.set_key; }},
    {"keys", "remove", "Remove the stored key of a provider", remove_key_notes,
     [](CLI::App& command, CommandOptions& options) {
       command.add_option("PROVIDER", options.remove_key.provider, "The provider, or the variable of its key")
           ->required();
     },
     [](const CommandOptions& options) -> Command { return options.remove_key; }},
    {"", "config", "Show the settings of plenum, or change, edit or locate their file", config_notes, add_show_config,
     [](const CommandOptions& options) -> Command { return options.show_config; }},
    {"config", "show", "Show every setting", show_config_notes,
     [](CLI::App& command, CommandOptions& options) {
       command.add_flag("--origin", options.show_config.origin, "Also show where each value comes from");
     },
     [](const CommandOptions& options) -> Command { return options.show_config; }},
    {"config", "set", "Change one setting in the file", set_config_notes, add_set_config,
     [](const CommandOptions& options) -> Command { return options.set_config; }},
    {"config", "edit", "Open the file in an editor, and check it afterwards", edit_config_notes,
     [](CLI::App&, CommandOptions&) {}, [](const CommandOptions&) -> Command { return EditConfigCommand{}; }},
    {"config", "path", "Print the path of the file", config_path_notes, [](CLI::App&, CommandOptions&) {},
     [](const CommandOptions&) -> Command { return ConfigPathCommand{}; }},
    {"", "doctor", "Check configuration, server, keys, streaming and terminal", doctor_notes,
     [](CLI::App&, CommandOptions&) {}, [](const CommandOptions&) -> Command { return DoctorCommand{}; }},
    {"", "demo", "Show a council of simulated members; needs no key", demo_notes, [](CLI::App&, CommandOptions&) {},
     [](const CommandOptions&) -> Command { return DemoCommand{}; }},
    {"", "completion", "Print a completion script for bash, zsh or fish", completion_notes,
     [](CLI::App& command, CommandOptions& options) {
       command.add_option("SHELL", options.completion.shell, "bash, zsh or fish")
           ->required()
           ->check(one_of({"bash", "zsh", "fish"}));
     },
     [](const CommandOptions& options) -> Command { return options.completion; }, false},
    {"", "__complete", "", "",
     [](CLI::App& command, CommandOptions& options) {
       command.add_option("WORDS", options.complete.words)->allow_extra_args();
     },
     [](const CommandOptions& options) -> Command { return options.complete; }, false},
    {"", "version", "Show the versions of client and server", version_notes, [](CLI::App&, CommandOptions&) {},
     [](const CommandOptions&) -> Command { return VersionCommand{}; }, false},
    {"", "help", "Show the help of a command", help_notes,
     [](CLI::App& command, CommandOptions& options) {
       command.add_option("COMMAND", options.help, "The words of the command; none: the help of plenum");
     },
     nullptr, false},
};

}  // namespace

std::span<const CommandRow> command_rows() { return rows; }

}  // namespace plenum::client
