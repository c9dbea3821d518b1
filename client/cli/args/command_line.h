// The command line of `plenum`: what was typed as one checked value, or the text to leave with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/cli/terminal/output.h"
#include "common/base/clock.h"
#include "common/protocol/task_request.h"

namespace plenum::client {

struct RunCommand {
  TaskSpec spec;                         // without its task, context and personas
  std::optional<std::string> task;       // as typed; `-` means standard input
  std::string context;                   // JSON, or @file
  std::vector<std::string> attachments;  // paths
  std::vector<std::string> personas;     // NAME=TEXT or NAME=@FILE
  bool detach = false;
  bool fresh = false;  // not from the cache
};
struct AttachCommand {
  std::string stream_id;
  bool from_now = false;
  std::uint64_t after = 0;
};
struct StatusCommand {
  std::string stream_id;
};
struct CancelCommand {
  std::string stream_id;
};
struct SkipCommand {
  std::string stream_id, member;
};
struct ListCommand {
  int limit = 20;
  std::string search;  // words; empty: all tasks
};
struct ExportCommand {
  std::string stream_id;
  std::string file;  // empty or `-`: standard output
  bool force = false;
};
struct RetryCommand {
  std::string stream_id;
  // What is made anew. The cheapest by default: whole answers are kept, which is what costs.
  std::string from = "synthesis";
  bool detach = false;
};
struct DeleteCommand {
  std::string stream_id;
  bool yes = false;  // nobody is asked
};
struct ModelsCommand {};
struct WorkflowsCommand {};
struct ShowWorkflowCommand {
  std::string name;
};
struct CheckWorkflowsCommand {
  std::vector<std::string> files;  // `-` is standard input
};

using Command = std::variant<RunCommand, AttachCommand, StatusCommand, CancelCommand, SkipCommand, ListCommand,
                             ExportCommand, RetryCommand, DeleteCommand, ModelsCommand, WorkflowsCommand,
                             ShowWorkflowCommand, CheckWorkflowsCommand>;

struct CommandLine {
  std::string server;             // checked, without a slash at its end
  bool server_is_default = true;  // so that hints need not repeat it
  bool json = false;
  bool quiet = false;
  ColorMode color = ColorMode::automatic;
  bool show_reasoning = false;
  bool cancel_on_interrupt = true;
  std::chrono::seconds retry_for{300};
  Command command;
};

// Help and version leave with 0 and text for standard output, a mistake with 2 and text for standard error.
struct EarlyExit {
  int code = 0;
  std::string out, err;
};

// arguments: without the program's name. Reads PLENUM_SERVER from the environment, and nothing else.
std::variant<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> arguments);

}  // namespace plenum::client
