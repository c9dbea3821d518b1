// Layout of `plenumd --help`: options in two columns, wrapped to the width of the terminal. Inside server/app only.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

namespace plenum::app {

// Columns of the terminal at standard output; 80 if it is not a terminal.
std::size_t help_width();

// Not thread-safe.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::size_t width) : width_(width) {}

  std::string make_description(const CLI::App* app) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;

 private:
  const std::size_t width_;
};

}  // namespace plenum::app
