#include "client/cli/args/help_formatter.h"

#include <algorithm>

#include "common/base/word_wrap.h"

namespace plenum::client {
namespace {

constexpr std::size_t columns_min = 40;
constexpr std::size_t columns_max = 100;       // longer lines are hard to read
constexpr std::size_t columns_of_names = 30;   // of the left column, gap included
constexpr std::size_t columns_of_narrow = 64;  // below it a description starts on a line of its own
constexpr std::size_t narrow_indent = 6;

}  // namespace

HelpFormatter::HelpFormatter(std::size_t columns) : columns_(std::clamp(columns, columns_min, columns_max)) {
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return paragraphs_wrapped(app->get_description(), columns_) + "\n";
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  return paragraphs_wrapped(app->get_footer(), columns_);
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return row(command->get_name(), command->get_description());
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  std::string name = make_option_name(option, is_positional);
  name = name.substr(0, name.find('{'));  // the implied value of a flag, as in --search{true}
  if (!is_positional && option->get_type_size() != 0 && !option->get_type_name().empty()) {
    const std::string type = option->get_type_name();
    name += " " + type.substr(0, type.find(':'));  // without the names of its validators
  }
  std::string description = option->get_description();
  if (!option->get_default_str().empty()) description += " [default: " + option->get_default_str() + "]";
  if (!option->get_envname().empty()) description += " [env: " + option->get_envname() + "]";
  return row(name, description);
}

std::string HelpFormatter::row(const std::string& name, const std::string& description) const {
  std::string text = "  " + name;
  const std::size_t indent = columns_ < columns_of_narrow ? narrow_indent : columns_of_names;
  if (text.size() + 2 > indent) {
    text += "\n";
    text.append(indent, ' ');
  } else {
    text.append(indent - text.size(), ' ');
  }
  return text + word_wrapped(description, columns_, indent) + "\n";
}

}  // namespace plenum::client
