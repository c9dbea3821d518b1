// The table of commands. A new command is a struct in command_line.h, a row here, and its execute() in
// client/cli/commands/execute.h. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "client/cli/args/command_line.h"
#include "client/cli/args/follow_options.h"
#include "client/cli/args/run_options.h"

namespace plenum::client {

// Written by CLI11 during parsing; must outlive it.
struct CommandOptions {
  RunOptions run;
  FollowOptions follow;
  AttachCommand attach;
  std::string attach_from = "start";
  WaitCommand wait;
  StatusCommand status;
  ResultCommand result;
  CancelCommand cancel;
  SkipCommand skip;
  ListCommand list;
  LogsCommand logs;
  ExportCommand exported;
  RetryCommand retry;
  ExtendCommand extend;
  DeleteCommand deleted;
  ConversationsCommand conversations;
  ShowConversationCommand show_conversation;
  RenameConversationCommand rename_conversation;
  DeleteConversationCommand delete_conversation;
  ModelsCommand models;
  StandingsCommand standings;
  ShowWorkflowCommand show_workflow;
  CheckWorkflowsCommand check_workflows;
  NewWorkflowCommand new_workflow;
  CompletionCommand completion;
  CompleteCommand complete;
  std::vector<std::string> help;  // the words of a command
  ShowConfigCommand show_config;
  SetConfigCommand set_config;
  SetKeyCommand set_key;
  RemoveKeyCommand remove_key;
};

struct CommandRow {
  const char* parent;  // the command of a sub-command; empty: a top-level command
  const char* name;
  const char* description;  // empty: hidden
  const char* notes;        // below the options
  void (*add_options)(CLI::App& command, CommandOptions& options);
  Command (*make)(const CommandOptions& options);  // after parsing; null: `help`
  bool starts_server = true;                       // if none is running
};

// A sub-command follows its parent.
std::span<const CommandRow> command_rows();

}  // namespace plenum::client
