// Options of the commands that deal with one stream while it is worked on: attach, status, cancel, skip; and
// those that every command which follows a stream has. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "client/cli/args/command_line.h"

namespace plenum::client {

// A command of the line, and what it comes to when it is the one that was typed.
struct CommandChoice {
  const CLI::App* app = nullptr;
  std::function<Command()> make;  // called after everything was parsed and finished
};
using CommandChoices = std::vector<CommandChoice>;

// What CLI11 writes into before it is checked. It must outlive the parsing.
struct TypedFollowing {
  std::string on_interrupt = "cancel";
  std::string retry_for = "300s";
};
struct TypedStream {
  std::string stream_id;
  std::string member;
  std::string from = "start";
  std::uint64_t after = 0;
};

void add_stream_id(CLI::App& command, std::string& stream_id);
void add_following_options(CLI::App& command, TypedFollowing& typed, CommandLine& line);
void finish_following_options(const TypedFollowing& typed, CommandLine& line);
void add_stream_commands(CLI::App& app, TypedStream& typed, TypedFollowing& following, CommandLine& line,
                         CommandChoices& choices);

}  // namespace plenum::client
