// Provider keys that the user stored, in a file for this user only. Their values are in no output and in no log: they
// reach a local server through its environment.
// Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/settings/directories.h"
#include "common/base/result.h"

namespace plenum::client {

using KeysByVariable = std::map<std::string, std::string>;

// The variable of a provider's key, such as OPENAI_API_KEY for openai, or such a variable itself, for a provider of the
// server's configuration. Fails with usage, with a suggestion, for another name.
Result<std::string> key_variable(std::string_view provider);
// One key per line, `OPENAI_API_KEY=…`. Empty lines and those after # are ignored. Fails with config_invalid, with the
// line and without its text.
Result<KeysByVariable> parse_keys(std::string_view text, std::string_view path);
// Without spaces and line ends around it. Fails with usage if it cannot be a key.
Result<std::string> checked_key(std::string_view typed);

class KeyStore {
 public:
  explicit KeyStore(std::string path) : path_(std::move(path)) {}

  // Empty without a file. Fails if another user can read it.
  Result<KeysByVariable> load() const;
  Result<void> set(const std::string& variable, const std::string& key) const;
  // Returns false if there was none.
  Result<bool> remove(const std::string& variable) const;
  const std::string& path() const { return path_; }

 private:
  Result<void> save(const KeysByVariable& keys) const;

  const std::string path_;
};

// The entries NAME=VALUE for the environment of a server: the keys whose variables are not set in `variable`.
std::vector<std::string> key_environment(const KeysByVariable& keys, const Variable& variable);

}  // namespace plenum::client
