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

std::string option_term(const CLI::Option& option, bool is_positional) {
  std::string name = option.get_name(is_positional, !is_positional);
  for (auto at = name.find('{'); at != name.npos; at = name.find('{')) {
    name.erase(at, name.find('}', at) + 1 - at);  // the implied value of a flag, as in --search{true}
  }
  if (!is_positional && option.get_items_expected_max() != 0 && !option.get_type_name().empty()) {
    const std::string type = option.get_type_name();
    name += " " + type.substr(0, type.find(':'));  // without the names of its validators
  }
  return name;
}

std::string option_description(const CLI::Option& option) {
  std::string description = option.get_description();
  if (!option.get_default_str().empty()) description += " [default: " + option.get_default_str() + "]";
  if (!option.get_envname().empty()) description += " [env: " + option.get_envname() + "]";
  return description;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return row(option_term(*option, is_positional), option_description(*option));
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
