// Errors of CLI11 in plain words. The first fault that a user would correct is named: a misspelled option, then the
// rest, because a wrong option changes what the words after it mean.
#include "client/cli/args/usage_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/text/edit_distance.h"

namespace plenum::client {
namespace {

constexpr const char* after_dashes = " Put a text that starts with a dash after `--`: plenum run -- \"--find me\"";

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(app)) names.push_back(command->get_name());
  return names;
}

// The chosen command and its parents, the innermost one last.
std::vector<const CLI::App*> chosen_path(const CLI::App& app) {
  std::vector<const CLI::App*> path{&app};
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = path.back()->get_subcommands()) {
    path.push_back(chosen.front());
  }
  return path;
}

std::string words_of(const std::vector<const CLI::App*>& path) {
  std::string words = "plenum";
  for (std::size_t i = 1; i < path.size(); ++i) words += " " + path[i]->get_name();
  return words;
}

std::vector<std::string> option_names(const std::vector<const CLI::App*>& path) {
  std::vector<std::string> names;
  for (const CLI::App* app : path) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
  }
  return names;
}

// The first extra argument that was written as an option: with a dash, and not behind `--`.
std::optional<std::string> unknown_option(const CLI::App& app, const std::vector<std::string>& arguments) {
  const auto extras = app.remaining(true);
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument.size() < 2 || argument[0] != '-') continue;
    if (std::find(extras.begin(), extras.end(), argument) != extras.end()) return argument;
  }
  return std::nullopt;
}

const CLI::Option* repeated_option(const std::vector<const CLI::App*>& path) {
  for (const CLI::App* app : path) {
    for (const CLI::Option* option : app->get_options()) {
      const bool single =
          option->get_multi_option_policy() == CLI::MultiOptionPolicy::Throw && option->get_items_expected_max() == 1;
      if (single && option->results().size() > 1) return option;
    }
  }
  return nullptr;
}

std::string count_of(std::size_t times) { return times == 2 ? "twice" : fmt::format("{} times", times); }

std::string option_fault(const std::string& typed, const std::vector<const CLI::App*>& path) {
  const std::string name = typed.substr(0, typed.find('='));
  const std::string hint = name.find(' ') == name.npos ? suggestion(name, option_names(path)) : "";
  return fmt::format("plenum: unknown option {}{}\nSee `{} --help`.{}\n", name, hint, words_of(path),
                     hint.empty() ? after_dashes : "");
}

// `--workflow: 1 required NAME missing` of CLI11.
std::string plain_words(const CLI::Error& error, const std::vector<const CLI::App*>& path) {
  const std::string text = error.what();
  if (error.get_name() != "ArgumentMismatch") return text;
  if (const CLI::Option* option = repeated_option(path)) {
    return fmt::format("{} is given {}; it takes one value", option->get_name(), count_of(option->results().size()));
  }
  if (text.ends_with(" missing")) return text.substr(0, text.find(':')) + " requires a value";
  return text;
}

}  // namespace

std::string unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* parent = &app;
  std::string prefix;
  for (const std::string& word : words) {
    const auto named = parent->get_subcommands([&](const CLI::App* command) { return command->get_name() == word; });
    if (named.empty()) {
      const bool top = prefix.empty();
      const std::string help = top ? "plenum --help" : "plenum " + prefix + "--help";
      return fmt::format("plenum: unknown command '{}{}'{}\nSee `{}`.{}\n", prefix, word,
                         suggestion(word, command_names(*parent)), help,
                         top ? " To submit a task, use: plenum run \"…\"" : "");
    }
    parent = named.front();
    prefix += word + " ";
  }
  return {};
}

std::string usage_message(const CLI::App& app, const CLI::Error& error, const std::vector<std::string>& arguments) {
  const auto path = chosen_path(app);
  if (const auto typed = unknown_option(app, arguments)) return option_fault(*typed, path);
  const auto extras = app.remaining(true);
  if (!extras.empty() && !commands_of(*path.back()).empty()) {
    std::vector<std::string> words;
    for (std::size_t i = 1; i < path.size(); ++i) words.push_back(path[i]->get_name());
    words.push_back(extras.front());
    return unknown_command(app, words);
  }
  const bool no_command = path.size() == 1 && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  if (no_command) return "plenum: a command is required\nSee `plenum --help`.\n";
  const std::string help = words_of(path);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    const bool task = path.back()->get_name() == "run";
    return fmt::format("plenum: unexpected argument '{}'\nSee `{} --help`.{}\n", extras.empty() ? "" : extras.front(),
                       help, task ? " Put a task of several words in quotes." : "");
  }
  return fmt::format("plenum: {}\nSee `{} --help`.\n", plain_words(error, path), help);
}

}  // namespace plenum::client
