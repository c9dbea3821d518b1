// The command line of `plenum`, parsed and checked. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/cli/args/tool_commands.h"
#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/output.h"
#include "common/base/clock.h"
#include "common/protocol/task_request.h"

namespace plenum::client {

struct RunCommand {
  TaskSpec spec;                         // without task, context and personas
  std::optional<std::string> task;       // `-`: standard input
  std::string context;                   // JSON, @FILE, or a file name that ends in .json
  std::vector<std::string> attachments;  // paths
  std::vector<std::string> personas;     // NAME=TEXT or NAME=@FILE
  std::string response_format{};         // text, json, a path of a JSON schema, or empty
  bool continues = false;                // the last conversation
  std::string idempotency_key{};         // empty: a random one
  std::string save_file{};               // receives the answer at the end; empty: none
  std::string directory{};               // receives the files of the result; empty: none
  bool force = false;                    // existing files are overwritten
  bool detach = false;
};
// A stream id of a command is as typed (task_id_text.h) until run_command() has resolved it.
struct AttachCommand {
  std::string stream_id;
  bool from_now = false;
  std::uint64_t after = 0;
};
struct WaitCommand {
  std::string stream_id;
};
struct StatusCommand {
  std::string stream_id;
};
struct ResultCommand {
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
struct LogsCommand {
  std::string stream_id;  // empty: the newest tasks
  int limit = 3;
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
struct NewWorkflowCommand {
  std::string name;
  std::string file;  // `-`: standard output; empty: NAME.toml
  bool force = false;
};
struct CompletionCommand {
  std::string shell;
};
// Called by the completion scripts of the shells.
struct CompleteCommand {
  std::vector<std::string> words;  // after the program name, up to the cursor; the last one is to be completed
};
struct VersionCommand {};

using Command =
    std::variant<RunCommand, AttachCommand, WaitCommand, StatusCommand, ResultCommand, CancelCommand, SkipCommand,
                 ListCommand, LogsCommand, ExportCommand, RetryCommand, ExtendCommand, DeleteCommand,
                 ConversationsCommand, ShowConversationCommand, RenameConversationCommand, DeleteConversationCommand,
                 StandingsCommand, ModelsCommand, CouncilsCommand, WorkflowsCommand, ShowWorkflowCommand,
                 CheckWorkflowsCommand, NewWorkflowCommand, CompletionCommand, CompleteCommand, VersionCommand,
                 ShowConfigCommand, SetConfigCommand, EditConfigCommand, ConfigPathCommand, KeysCommand, SetKeyCommand,
                 RemoveKeyCommand, DoctorCommand, DemoCommand>;

// What standard output receives of a stream: the answer, one object at the end, or the events. Other commands write
// their response as JSON unless the format is text.
enum class OutputFormat : unsigned char { text, json, stream_json };

struct CommandLine {
  std::string server;             // checked, no trailing slash
  bool server_is_default = true;  // hints then omit --server
  std::string autostart_listen;   // HOST:PORT at which a server is started if none is running; empty: none is started
  OutputFormat format = OutputFormat::text;
  bool json = false;  // format is not text
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
