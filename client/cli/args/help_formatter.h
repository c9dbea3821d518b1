// The layout of `--help`: two columns, wrapped to the width of the terminal. Inside client/cli only.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

namespace plenum::client {

// `-w,--workflow WORKFLOW`; the name of a positional argument.
std::string option_term(const CLI::Option& option, bool is_positional);
// The description with default and environment variable.
std::string option_description(const CLI::Option& option);

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::size_t columns);

  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;

 private:
  std::string row(const std::string& name, const std::string& description) const;

  std::size_t columns_;  // set once
};

}  // namespace plenum::client
