#include "server/app/help_formatter.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/word_wrap.h"

namespace plenum::app {

namespace {

constexpr std::size_t default_width = 80;
constexpr std::size_t width_min = 40;
constexpr std::size_t name_indent = 2;
constexpr std::size_t text_indent = 6;

}  // namespace

std::size_t help_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return default_width;
  return std::max<std::size_t>(size.ws_col, width_min);
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return word_wrapped(app->get_description(), width_) + "\n";
}

std::string HelpFormatter::make_usage(const CLI::App*, std::string name) const {
  return fmt::format("\nUsage: {} [OPTIONS]\n", name);
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool) const {
  std::string line(name_indent, ' ');
  line += option->get_name(false, true);
  const bool has_value = option->get_type_size() != 0 && !option->get_type_name().empty();
  if (has_value) line.append(" ").append(option->get_type_name());
  return fmt::format("{}\n{}{}\n", line, std::string(text_indent, ' '),
                     word_wrapped(option->get_description(), width_, text_indent));
}

}  // namespace plenum::app
