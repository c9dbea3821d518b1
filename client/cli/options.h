// The command line of `plenum`: what was typed as one checked value, or the text to leave with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/cli/output.h"
#include "common/clock.h"
#include "common/task_spec.h"

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
};
struct ModelsCommand {};

struct CommandLine {
  std::string server;             // checked, without a slash at its end
  bool server_is_default = true;  // so that hints need not repeat it
  bool json = false;
  bool quiet = false;
  ColourMode colour = ColourMode::automatic;
  bool show_reasoning = false;
  bool cancel_on_interrupt = true;
  std::chrono::seconds retry_for{300};
  std::variant<RunCommand, AttachCommand, StatusCommand, CancelCommand, SkipCommand, ListCommand, ModelsCommand>
      command;
};

// Help and version leave with 0 and text for standard output, a mistake with 2 and text for standard error.
struct EarlyExit {
  int code = 0;
  std::string out, err;
};

// arguments: without the program's name. Reads PLENUM_SERVER from the environment, and nothing else.
std::variant<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> arguments);

// 90, 90s, 1.5s, 500ms, 5m, 2h. Nothing if it is none of these.
std::optional<milliseconds> duration_from(std::string_view text);

}  // namespace plenum::client
