#include "client/settings/key_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>

#include "client/settings/stored_file.h"
#include "common/base/strings.h"
#include "common/files/file_reader.h"
#include "common/protocol/provider_keys.h"
#include "common/text/edit_distance.h"

namespace plenum::client {
namespace {

constexpr std::string_view variable_end = "_API_KEY";
constexpr std::size_t keys_bytes_max = std::size_t{64} << 10;

bool is_key_variable(std::string_view text) {
  const bool has_letters = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '_';
  });
  return has_letters && text.size() > variable_end.size() && text.ends_with(variable_end) && !std::isdigit(text[0]);
}

}  // namespace

Result<std::string> key_variable(std::string_view provider) {
  if (const ProviderKey* known = provider_key_named(provider)) return std::string(known->variable);
  if (is_key_variable(provider)) return std::string(provider);
  std::vector<std::string> names;
  for (const ProviderKey& row : provider_keys) names.emplace_back(row.provider);
  return Failure(
      Error{ErrorCode::usage,
            fmt::format("there is no provider \"{}\" that needs a key{}", provider, suggestion(provider, names)),
            "See the names with: plenum keys. For a provider of the server's configuration, name its variable, such as "
            "MYLAB_API_KEY."});
}

Result<KeysByVariable> parse_keys(std::string_view text, std::string_view path) {
  KeysByVariable keys;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const auto equals = line.find('=');
    const std::string_view name = trimmed(line.substr(0, std::min(equals, line.size())));
    const auto key = checked_key(equals == line.npos ? "" : line.substr(equals + 1));
    if (!is_key_variable(name) || !key) {
      return Failure(Error{ErrorCode::config_invalid,
                           fmt::format("{}:{}: is not a key of the form NAME_API_KEY=KEY", path, number),
                           "Remove the line, and store the key with: plenum keys set PROVIDER"});
    }
    keys[std::string(name)] = *key;
  }
  return keys;
}

Result<std::string> checked_key(std::string_view typed) {
  constexpr std::size_t key_bytes_max = 4'096;
  const std::string_view key = trimmed(typed);
  const bool is_plain = std::all_of(key.begin(), key.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (!key.empty() && key.size() <= key_bytes_max && is_plain) return std::string(key);
  return Failure(Error{ErrorCode::usage, key.empty() ? "the key is empty" : "the key has characters that no key has",
                       "Copy the key again, on one line and without quotes."});
}

Result<KeysByVariable> KeyStore::load() const {
  struct stat status {};
  if (path_.empty() || ::stat(path_.c_str(), &status) != 0) return KeysByVariable{};
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Failure(Error{ErrorCode::config_invalid, fmt::format("the keys in {} can be read by other users", path_),
                         fmt::format("Restrict it with: chmod 600 {}", path_)});
  }
  const auto text = read_file(path_, path_, {.bytes_max = keys_bytes_max});
  if (!text) return Failure(text.error());
  return parse_keys(*text, path_);
}

Result<void> KeyStore::set(const std::string& variable, const std::string& key) const {
  auto keys = load();
  if (!keys) return Failure(keys.error());
  (*keys)[variable] = key;
  return save(*keys);
}

Result<bool> KeyStore::remove(const std::string& variable) const {
  auto keys = load();
  if (!keys) return Failure(keys.error());
  if (keys->erase(variable) == 0) return false;
  const auto saved = save(*keys);
  if (!saved) return Failure(saved.error());
  return true;
}

Result<void> KeyStore::save(const KeysByVariable& keys) const {
  if (path_.empty()) {
    return Failure(Error{ErrorCode::usage, "there is no directory for the keys", "Set HOME or PLENUM_CONFIG_DIR."});
  }
  std::string text = "# Keys of providers, written by plenum keys.\n";
  for (const auto& [variable, key] : keys) text += variable + '=' + key + '\n';
  return replace_file(path_, text, "the file of keys");
}

std::vector<std::string> key_environment(const KeysByVariable& keys, const Variable& variable) {
  std::vector<std::string> entries;
  for (const auto& [name, key] : keys) {
    if (value_of(variable, name.c_str()).empty()) entries.push_back(name + '=' + key);
  }
  return entries;
}

}  // namespace plenum::client
