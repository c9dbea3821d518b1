// The command line of `plenum`, parsed and checked. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/output.h"
#include "common/base/clock.h"
#include "common/protocol/task_request.h"

namespace plenum::client {

struct RunCommand {
  TaskSpec spec;                         // without task, context and personas
  std::optional<std::string> task;       // `-`: standard input
  std::string context;                   // JSON, or @FILE
  std::vector<std::string> attachments;  // paths
  std::vector<std::string> personas;     // NAME=TEXT or NAME=@FILE
  std::string response_format{};         // text, json, a path of a JSON schema, or empty
  bool detach = false;
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
  std::string directory{};  // set: the files of the result are written into it, and nothing else
};
struct RetryCommand {
  std::string stream_id;
  std::string from = "synthesis";  // the cheapest step: completed answers are reused
  bool detach = false;
};
struct ExtendCommand {
  std::string stream_id;
  int rounds = 1;  // to add
  bool detach = false;
};
struct DeleteCommand {
  std::string stream_id;
  bool yes = false;  // without confirmation
};
struct ConversationsCommand {
  int limit = 20;
  std::string search;  // words; empty: all conversations
};
struct ShowConversationCommand {
  std::string id;
  int limit = 100;  // tasks
};
struct RenameConversationCommand {
  std::string id;
  std::string title;  // empty: the default title
};
struct DeleteConversationCommand {
  std::string id;
  bool yes = false;  // without confirmation
};
struct StandingsCommand {
  std::string workflow, tag, since;  // empty: all
};
struct CouncilsCommand {};
struct ModelsCommand {
  std::string provider{};  // only this one, with all of its models; empty: all
  bool refresh = false;
  bool prices = false;  // of models, instead of the state of providers
};
struct WorkflowsCommand {};
struct ShowWorkflowCommand {
  std::string name;
};
struct CheckWorkflowsCommand {
  std::vector<std::string> files;  // `-`: standard input
};

using Command =
    std::variant<RunCommand, AttachCommand, StatusCommand, CancelCommand, SkipCommand, ListCommand, ExportCommand,
                 RetryCommand, ExtendCommand, DeleteCommand, ConversationsCommand, ShowConversationCommand,
                 RenameConversationCommand, DeleteConversationCommand, StandingsCommand, ModelsCommand, CouncilsCommand,
                 WorkflowsCommand, ShowWorkflowCommand, CheckWorkflowsCommand>;

struct CommandLine {
  std::string server;             // checked, no trailing slash
  bool server_is_default = true;  // hints then omit --server
  std::string autostart_listen;   // HOST:PORT at which a server is started if none is running; empty: none is started
  bool json = false;
  bool quiet = false;
  ColorMode color = ColorMode::automatic;
  bool show_reasoning = false;
  bool plain = false;  // no live view
  bool full = false;   // the full-screen view
  bool cancel_on_interrupt = true;
  std::chrono::seconds retry_for{300};
  Command command;
};

// Help and version exit with 0 and text for standard output, a usage error with 2 and text for standard error.
struct EarlyExit {
  int code = 0;
  std::string out, err;
};

// arguments: without the program name. columns: the width of help texts. Reads PLENUM_SERVER,
// PLENUM_AUTOSTART and PLENUM_LISTEN from the environment.
std::variant<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> arguments,
                                                        std::size_t columns = columns_default);

}  // namespace plenum::client
