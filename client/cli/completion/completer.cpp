#include "client/cli/completion/completer.h"

#include <algorithm>
#include <string_view>

namespace plenum::client {
namespace {

// What the name of a type or of a positional argument stands for.
struct KindRow {
  std::string_view name;
  ValueKind kind;
};
constexpr KindRow kinds[] = {
    {"ID", ValueKind::tasks},
    {"WORKFLOW", ValueKind::workflows},
    {"COUNCIL", ValueKind::councils},
    {"MEMBER", ValueKind::members},
    {"MEMBER=ALT[,ALT]", ValueKind::members},
    {"PROVIDER", ValueKind::providers},
    {"CONVERSATION", ValueKind::conversations},
    {"DIR", ValueKind::directories},
};

// The type of an option without the descriptions of its validators; the name of a positional argument.
std::string value_name(const CLI::Option& option) {
  if (!option.nonpositional()) return option.get_name(true);
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

ValueKind kind_of(const CLI::Option& option) {
  const std::string name = value_name(option);
  for (const KindRow& row : kinds) {
    if (row.name == name) return row.kind;
  }
  return name.find("FILE") == name.npos ? ValueKind::none : ValueKind::files;
}

// The words of one_of(), from `WHEN:{auto,always,never}`.
std::vector<std::string> fixed_values(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{'), close = type.find('}');
  if (open == type.npos || close == type.npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// The beginning of a description, up to the first sentence or remark.
std::string summary_of(const std::string& description) {
  return description.substr(0, description.find_first_of(";:"));
}

class Completer {
 public:
  explicit Completer(const CLI::App& app) : path_{&app} {}

  Completion complete(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i) take(words[i]);
    return at_cursor(words.empty() ? std::string() : words.back());
  }

 private:
  const CLI::Option* option_named(const std::string& name) const {
    for (auto app = path_.rbegin(); app != path_.rend(); ++app) {
      for (const CLI::Option* option : (*app)->get_options()) {
        if (option->nonpositional() && option->check_name(name)) return option;
      }
    }
    return nullptr;
  }

  const CLI::App* command_named(const std::string& name) const {
    const auto found = path_.back()->get_subcommands([&](const CLI::App* app) { return app->get_name() == name; });
    return found.empty() ? nullptr : found.front();
  }

  void take(const std::string& word) {
    if (pending_ != nullptr) {
      pending_ = nullptr;
    } else if (after_dashes_) {
      ++positionals_;
    } else if (word == "--") {
      after_dashes_ = true;
    } else if (word.size() > 1 && word[0] == '-') {
      const bool is_long = word.starts_with("--");
      const CLI::Option* option = option_named(is_long ? word.substr(0, word.find('=')) : word.substr(0, 2));
      const bool has_value = is_long ? word.find('=') != word.npos : word.size() > 2;
      if (option != nullptr && takes_value(*option) && !has_value) pending_ = option;
    } else if (const CLI::App* command = command_named(word)) {
      path_.push_back(command);
      positionals_ = 0;
    } else {
      ++positionals_;
    }
  }

  Completion at_cursor(const std::string& word) {
    word_ = word;
    if (pending_ != nullptr) {
      add_values(*pending_, "");
    } else if (!after_dashes_ && word.starts_with("--") && word.find('=') != word.npos) {
      const auto equals = word.find('=');
      const CLI::Option* option = option_named(word.substr(0, equals));
      if (option != nullptr && takes_value(*option)) add_values(*option, word.substr(0, equals + 1));
    } else if (!after_dashes_ && word.starts_with('-')) {
      add_options();
    } else {
      add_commands();
      add_positional();
    }
    return std::move(found_);
  }

  void add(std::string value, std::string description) {
    if (value.starts_with(word_)) found_.candidates.push_back({std::move(value), std::move(description)});
  }

  void add_values(const CLI::Option& option, std::string prefix) {
    for (const std::string& value : fixed_values(option)) add(prefix + value, "");
    found_.kind = kind_of(option);
    if (found_.kind == ValueKind::members) {  // a list: only its last item is completed
      const auto before = word_.find_last_of(",=");
      if (before != word_.npos && before + 1 > prefix.size()) prefix = word_.substr(0, before + 1);
    }
    found_.typed = word_.substr(prefix.size());
    found_.prefix = std::move(prefix);
  }

  void add_options() {
    for (auto app = path_.rbegin(); app != path_.rend(); ++app) {
      for (const CLI::Option* option : (*app)->get_options()) {
        const bool repeats_help = app != path_.rbegin() && option->check_name("--help");
        if (repeats_help) continue;
        for (const std::string& name : option->get_lnames()) add("--" + name, summary_of(option->get_description()));
      }
    }
  }

  void add_commands() {
    if (after_dashes_ || positionals_ > 0) return;
    for (const CLI::App* command : path_.back()->get_subcommands([](const CLI::App*) { return true; })) {
      if (!command->get_group().empty()) add(command->get_name(), summary_of(command->get_description()));
    }
    if (path_.size() == 2 && path_.back()->get_name() == "help") {
      path_.pop_back();
      add_commands();
    }
  }

  void add_positional() {
    int position = 0;
    for (const CLI::Option* option : path_.back()->get_options()) {
      if (option->nonpositional()) continue;
      const bool repeats = option->get_items_expected_max() > 1;
      if (repeats || position++ == positionals_) return add_values(*option, "");
    }
  }

  std::vector<const CLI::App*> path_;     // the command and its parents
  const CLI::Option* pending_ = nullptr;  // whose value is the next word
  bool after_dashes_ = false;             // `--` was given
  int positionals_ = 0;                   // words that are no option, value or command
  std::string word_;                      // the last one
  Completion found_;
};

}  // namespace

Completion completion_of(const CLI::App& app, const std::vector<std::string>& words) {
  return Completer(app).complete(words);
}

}  // namespace plenum::client
