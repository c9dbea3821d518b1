// The table of commands. A new command is a struct in command_line.h, a row here, and its execute() in
// client/cli/commands/execute.h. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

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
  StatusCommand status;
  CancelCommand cancel;
  SkipCommand skip;
  ListCommand list;
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
};

struct CommandRow {
  const char* parent;  // the command of a sub-command; empty: a top-level command
  const char* name;
  const char* description;
  const char* notes;  // below the options
  void (*add_options)(CLI::App& command, CommandOptions& options);
  Command (*make)(const CommandOptions& options);  // after parsing
};

// A sub-command follows its parent.
std::span<const CommandRow> command_rows();

}  // namespace plenum::client
