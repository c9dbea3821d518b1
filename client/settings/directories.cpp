#include "client/settings/directories.h"

namespace plenum::client {
namespace {

std::string path_in(const std::string& directory, const char* name) {
  return directory.empty() ? "" : directory + '/' + name;
}

}  // namespace

std::string value_of(const Variable& variable, const char* name) {
  const char* value = variable(name);
  return value == nullptr ? "" : value;
}

std::string config_directory(const Variable& variable) {
  if (auto chosen = value_of(variable, "PLENUM_CONFIG_DIR"); !chosen.empty()) return chosen;
  if (const auto home = value_of(variable, "XDG_CONFIG_HOME"); home.starts_with('/')) return home + "/plenum";
  if (const auto home = value_of(variable, "HOME"); home.starts_with('/')) return home + "/.config/plenum";
  return "";
}

std::string config_path(const Variable& variable) { return path_in(config_directory(variable), "config.toml"); }
std::string keys_path(const Variable& variable) { return path_in(config_directory(variable), "keys"); }

}  // namespace plenum::client
