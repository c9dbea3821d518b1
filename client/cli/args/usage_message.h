// The messages of usage errors: cause, suggestion, where the help is. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace plenum::client {

// For a parsing error of these arguments. app has parsed them.
std::string usage_message(const CLI::App& app, const CLI::Error& error, const std::vector<std::string>& arguments);
// For words that are no command of app, such as {"workflows", "shwo"}.
std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace plenum::client
