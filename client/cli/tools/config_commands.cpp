// `plenum config`: the settings of the client, with their origins, and its file.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "client/api/api_client.h"
#include "client/cli/commands/execute.h"
#include "client/cli/terminal/terminal_text.h"
#include "client/settings/config_file.h"
#include "client/settings/stored_file.h"
#include "common/files/file_reader.h"
#include "common/text/edit_distance.h"

namespace plenum::client {
namespace {

const char* config_variable(const char* name) { return std::getenv(name); }

std::string_view origin_name(SettingOrigin origin) {
  switch (origin) {
    case SettingOrigin::file:
      return "file";
    case SettingOrigin::environment:
      return "environment";
    default:
      return "default";
  }
}

std::string config_text(const std::vector<SettingValue>& values, bool with_origin) {
  std::string text;
  for (const SettingValue& value : values) {
    text += fmt::format("{:<15} {}", value.setting->name, terminal_line(value.text));
    if (with_origin) {
      text += fmt::format("  ({}{}{})", origin_name(value.origin), value.where.empty() ? "" : ": ", value.where);
    }
    text += '\n';
  }
  return text;
}

Error no_config_directory() {
  return {ErrorCode::usage, "there is no directory for the configuration", "Set HOME or PLENUM_CONFIG_DIR."};
}

// Empty without a file.
Result<std::string> stored_config(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && errno == ENOENT) return std::string();
  return read_file(path, path);
}

// What a new file holds: every setting as a comment.
std::string config_template() {
  std::string text = "# Settings of plenum. An option or a variable of the environment overrides them.\n";
  for (const ClientSetting& setting : client_settings()) {
    text += fmt::format("\n# {}{}{}. Default: {}\n# {} =\n", setting.sentence, setting.choices.empty() ? "" : ": ",
                        setting.choices, setting.default_text, setting.name);
  }
  return text;
}

// The exit code of the editor; 127 if it cannot be started.
int run_editor(const std::string& path) {
  std::string editor = value_of(config_variable, "VISUAL");
  if (editor.empty()) editor = value_of(config_variable, "EDITOR");
  if (editor.empty()) editor = "vi";
  // By a shell: the variable may hold options.
  const std::string command = editor + " \"$1\"";
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), "sh", path.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  while (pid > 0 && ::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

const ClientSetting* setting_or_null(Session& session, const std::string& name, int& exit_code) {
  const ClientSetting* setting = client_setting_named(name);
  if (setting != nullptr) return setting;
  std::vector<std::string> names;
  for (const ClientSetting& row : client_settings()) names.emplace_back(row.name);
  exit_code = session.fail(Error{ErrorCode::usage, fmt::format("{} is not a setting{}", name, suggestion(name, names)),
                                 "See all of them with: plenum config"});
  return nullptr;
}

}  // namespace

int execute(Session& session, const ShowConfigCommand& command) {
  const auto file = load_config(config_path(config_variable));
  if (!file) return session.fail(file.error());
  const std::vector<SettingValue> values = resolve(*file, config_variable);
  Json body{{"settings", Json::array()}};
  for (const SettingValue& value : values) {
    Json entry{{"name", value.setting->name}, {"value", value.text}, {"origin", origin_name(value.origin)}};
    if (!value.where.empty()) entry["where"] = value.where;
    body["settings"].push_back(std::move(entry));
  }
  return session.reply(body, config_text(values, command.origin));
}

int execute(Session& session, const SetConfigCommand& command) {
  const std::string path = config_path(config_variable);
  if (path.empty()) return session.fail(no_config_directory());
  int exit_code = 0;
  const ClientSetting* setting = setting_or_null(session, command.name, exit_code);
  if (setting == nullptr) return exit_code;
  if (setting->name == "server" && !command.value.empty()) {
    if (const auto url = server_url_from(command.value); !url) return session.fail(url.error());
  }
  const auto text = stored_config(path);
  if (!text) return session.fail(text.error());
  const auto changed = config_with(*text, path, *setting, command.value);
  if (!changed) return session.fail(changed.error());
  if (const auto written = replace_file(path, *changed, "the configuration file"); !written) {
    return session.fail(written.error());
  }
  return session.reply(Json{{"name", setting->name}, {"value", command.value}},
                       command.value.empty()
                           ? fmt::format("Removed {} from {}.\n", setting->name, path)
                           : fmt::format("Set {} to {} in {}.\n", setting->name, terminal_line(command.value), path));
}

int execute(Session& session, const EditConfigCommand&) {
  const std::string path = config_path(config_variable);
  if (path.empty()) return session.fail(no_config_directory());
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (const auto made = replace_file(path, config_template(), "the configuration file"); !made) {
      return session.fail(made.error());
    }
  }
  session.context().output.flush();
  if (const int code = run_editor(path); code != 0) {
    return session.fail(Error{ErrorCode::usage, fmt::format("the editor ended with code {}", code),
                              "Set VISUAL or EDITOR to an editor, or change " + path + " by other means."});
  }
  if (const auto file = load_config(path); !file) return session.fail(file.error());
  return 0;
}

int execute(Session& session, const ConfigPathCommand&) {
  const std::string path = config_path(config_variable);
  if (path.empty()) return session.fail(no_config_directory());
  return session.reply(Json{{"path", path}}, path + "\n");
}

}  // namespace plenum::client
