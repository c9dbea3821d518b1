// The command line parser with all commands and options, for parsing, help, completion and the man page.
// Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/autostart/local_address.h"
#include "client/cli/args/command_line.h"
#include "client/cli/args/command_table.h"

namespace plenum::client {

// Written by CLI11 during parsing.
struct GlobalOptions {
  explicit GlobalOptions(LocalAddress at) : local(std::move(at)), server(local.url) {}

  LocalAddress local;
  std::string server;
  std::string color = "auto";
  std::string format = "text";
  bool autostart = true, json = false;
};

// Not thread-safe. Reads the environment when it is constructed and parsed.
class CommandApp {
 public:
  // columns: the width of help texts.
  explicit CommandApp(std::size_t columns);
  CommandApp(const CommandApp&) = delete;
  CommandApp& operator=(const CommandApp&) = delete;

  CLI::App& app() { return app_; }
  const CLI::App& app() const { return app_; }
  // Throws CLI::Error.
  void parse(std::vector<std::string> arguments);
  // After parse(): the words behind `help`, if that is the command.
  std::optional<std::vector<std::string>> help_words() const;
  CommandLine command_line() const;
  // The command of these words, such as {"workflows", "show"}; null: there is none.
  const CLI::App* find(const std::vector<std::string>& names) const;

 private:
  void add_commands();
  void apply_globals();
  const CommandRow& chosen_row() const;

  CLI::App app_;
  GlobalOptions globals_;
  CommandOptions options_;
  CommandLine line_;
  std::vector<const CLI::App*> commands_;  // one per row of the table
};

}  // namespace plenum::client
