// Where the client stores what belongs to its user.
// Source: XDG Base Directory Specification 0.8 (configuration).
#pragma once

#include <functional>
#include <string>

namespace plenum::client {

// A variable of the environment, as getenv; null: not set.
using Variable = std::function<const char*(const char* name)>;

// Empty if it is not set.
std::string value_of(const Variable& variable, const char* name);
// PLENUM_CONFIG_DIR, else plenum in XDG_CONFIG_HOME, else ~/.config/plenum. Empty without any of them. Any thread.
std::string config_directory(const Variable& variable);
// The file of settings in it, and that of keys; empty without a directory.
std::string config_path(const Variable& variable);
std::string keys_path(const Variable& variable);

}  // namespace plenum::client
