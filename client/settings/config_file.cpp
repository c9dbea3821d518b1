#include "client/settings/config_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/files/file_reader.h"
#include "common/text/edit_distance.h"

namespace plenum::client {
namespace {

Error invalid_config(std::string message) {
  return {ErrorCode::config_invalid, std::move(message), "Correct the file, for example with: plenum config edit"};
}

std::optional<std::string> text_of_list(const toml::array& list) {
  std::string text;
  for (const toml::node& item : list) {
    const auto* member = item.as_string();
    if (member == nullptr || member->get().empty()) return std::nullopt;
    text.append(text.empty() ? "" : ",").append(member->get());
  }
  return text;
}

// The value as on the command line; nothing for another type.
std::optional<std::string> text_of_node(const ClientSetting& setting, const toml::node& node) {
  if (setting.type == SettingType::flag) {
    const auto* flag = node.as_boolean();
    return flag == nullptr ? std::nullopt : std::optional<std::string>(flag->get() ? "true" : "false");
  }
  if (setting.type == SettingType::list && node.is_array()) return text_of_list(*node.as_array());
  const auto* text = node.as_string();
  return text == nullptr ? std::nullopt : std::optional(text->get());
}

std::string expected_type(const ClientSetting& setting) {
  if (setting.type == SettingType::flag) return "must be true or false";
  return setting.type == SettingType::list ? "must be a list of strings" : "must be a string in quotes";
}

std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string toml_value(const ClientSetting& setting, std::string_view text) {
  if (setting.type == SettingType::flag) return std::string(text);
  if (setting.type != SettingType::list) return quoted(text);
  std::string list;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (end > 0) list.append(list.empty() ? "" : ", ").append(quoted(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return '[' + list + ']';
}

// Throws toml::parse_error.
toml::table parsed_table(std::string_view text, std::string_view path) { return toml::parse(text, path); }

// The lines of the earlier value, from 1; 0: there is none.
std::pair<std::size_t, std::size_t> lines_of_setting(const toml::table& table, const ClientSetting& setting) {
  for (const auto& [key, node] : table) {
    if (key.str() == setting.name) return {key.source().begin.line, node.source().end.line};
  }
  return {0, 0};
}

}  // namespace

Result<FileValues> parse_config(std::string_view text, std::string_view path) {
  FileValues values;
  std::map<std::pair<std::size_t, std::size_t>, std::string> faults;  // by position
  const auto add = [&](const toml::source_region& where, const std::string& what) {
    const std::pair<std::size_t, std::size_t> at(where.begin.line, where.begin.column);
    faults[at] = fmt::format("{}:{}:{}: {}", path, at.first, at.second, what);
  };
  std::vector<std::string> names;
  for (const ClientSetting& setting : client_settings()) names.emplace_back(setting.name);
  try {
    for (const auto& [key, node] : parsed_table(text, path)) {
      const ClientSetting* setting = client_setting_named(key.str());
      if (setting == nullptr) {
        add(key.source(), fmt::format("{} is not a setting{}", key.str(), suggestion(key.str(), names)));
        continue;
      }
      const auto value = text_of_node(*setting, node);
      const std::string fault = value ? value_fault(*setting, *value) : expected_type(*setting);
      if (!fault.empty()) {
        add(node.source(), fmt::format("{} {}", key.str(), fault));
        continue;
      }
      const auto& at = node.source().begin;
      values[std::string(key.str())] = {*value, fmt::format("{}:{}:{}", path, at.line, at.column)};
    }
  } catch (const toml::parse_error& error) {
    add(error.source(), std::string(error.description()));
  }
  if (faults.empty()) return values;
  std::string list;
  for (const auto& [at, fault] : faults) list.append(list.empty() ? "" : "\n").append(fault);
  return Failure(invalid_config(std::move(list)));
}

Result<FileValues> load_config(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return FileValues{};
  const auto text = read_file(path, path);
  if (!text) return Failure(text.error());
  return parse_config(*text, path);
}

Result<std::string> config_with(std::string_view text, std::string_view path, const ClientSetting& setting,
                                std::string_view value) {
  const std::string fault = value.empty() ? "" : value_fault(setting, value);
  if (!fault.empty()) return Failure(Error{ErrorCode::usage, fmt::format("{} {}", setting.name, fault), ""});
  if (const auto valid = parse_config(text, path); !valid) return Failure(valid.error());
  const auto [first, last] = lines_of_setting(parsed_table(text, path), setting);
  const std::string line = value.empty() ? "" : fmt::format("{} = {}\n", setting.name, toml_value(setting, value));
  std::string changed;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    if (number == first) changed += line;
    if (number < first || number > last) changed.append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (first == 0) changed += line;
  // A value in quotes may still be no valid TOML, such as one with control characters.
  if (const auto valid = parse_config(changed, path); !valid) {
    return Failure(Error{ErrorCode::usage, fmt::format("{} cannot have this value", setting.name), ""});
  }
  return changed;
}

}  // namespace plenum::client
