// `plenum keys`: which keys of providers exist, and where each comes from; never their values.
#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "client/cli/commands/execute.h"
#include "client/cli/tools/secret_input.h"
#include "client/settings/key_store.h"
#include "common/files/file_reader.h"
#include "common/protocol/provider_keys.h"

namespace plenum::client {
namespace {

const char* key_variable_of_process(const char* name) { return std::getenv(name); }

KeyStore key_store() { return KeyStore(keys_path(key_variable_of_process)); }

struct KeyRow {
  std::string provider, variable, origin;  // environment, stored, or empty
};

std::vector<KeyRow> key_rows(const KeysByVariable& stored) {
  KeysByVariable rest = stored;
  std::vector<KeyRow> rows;
  const auto add = [&](std::string_view provider, const std::string& variable) {
    const bool is_set = !value_of(key_variable_of_process, variable.c_str()).empty();
    rows.push_back({std::string(provider), variable,
                    is_set                     ? "environment"
                    : rest.count(variable) > 0 ? "stored"
                                               : ""});
    rest.erase(variable);
  };
  for (const ProviderKey& row : provider_keys) add(row.provider, std::string(row.variable));
  for (const auto& [variable, key] : KeysByVariable(rest)) add("", variable);
  return rows;
}

std::string keys_text(const std::vector<KeyRow>& rows, const std::string& path) {
  std::string text = fmt::format("{:<12} {:<20} {}\n", "PROVIDER", "VARIABLE", "KEY");
  for (const KeyRow& row : rows) {
    const std::string origin = row.origin.empty()       ? "none"
                               : row.origin == "stored" ? "stored in " + path
                                                        : "from the environment";
    text += fmt::format("{:<12} {:<20} {}\n", row.provider.empty() ? "-" : row.provider, row.variable, origin);
  }
  return text;
}

// From the file, a hidden prompt, or standard input; never from an argument, which other users can see.
Result<std::string> typed_key(const CommandContext& context, const SetKeyCommand& command) {
  if (!command.file.empty()) {
    return read_file(command.file, "--from-file " + command.file, {.bytes_max = std::size_t{64} << 10});
  }
  return read_secret(context, fmt::format("Key of {} (not shown): ", command.provider));
}

}  // namespace

int execute(Session& session, const KeysCommand&) {
  const KeyStore store = key_store();
  const auto stored = store.load();
  if (!stored) return session.fail(stored.error());
  const std::vector<KeyRow> rows = key_rows(*stored);
  Json body{{"keys", Json::array()}};
  for (const KeyRow& row : rows) {
    Json entry{{"variable", row.variable}, {"present", !row.origin.empty()}};
    if (!row.provider.empty()) entry["provider"] = row.provider;
    if (!row.origin.empty()) entry["origin"] = row.origin;
    body["keys"].push_back(std::move(entry));
  }
  return session.reply(body, keys_text(rows, store.path()));
}

int execute(Session& session, const SetKeyCommand& command) {
  const auto variable = key_variable(command.provider);
  if (!variable) return session.fail(variable.error());
  const auto typed = typed_key(session.context(), command);
  if (!typed) return session.fail(typed.error());
  const auto key = checked_key(*typed);
  if (!key) return session.fail(key.error());
  const KeyStore store = key_store();
  if (const auto stored = store.set(*variable, *key); !stored) return session.fail(stored.error());
  if (!value_of(key_variable_of_process, variable->c_str()).empty()) {
    session.note(
        session.style().yellow(fmt::format("{} of the environment is used instead of the stored key.", *variable)));
  }
  session.note("A local server receives the key when plenum starts it.");
  session.note_missing_keys();
  return session.reply(Json{{"variable", *variable}, {"stored", true}},
                       fmt::format("Stored the key {} in {}.\n", *variable, store.path()));
}

int execute(Session& session, const RemoveKeyCommand& command) {
  const auto variable = key_variable(command.provider);
  if (!variable) return session.fail(variable.error());
  const KeyStore store = key_store();
  const auto removed = store.remove(*variable);
  if (!removed) return session.fail(removed.error());
  if (!*removed) {
    return session.fail(Error{ErrorCode::usage, fmt::format("there is no stored key {}", *variable),
                              "See the stored ones with: plenum keys"});
  }
  return session.reply(Json{{"variable", *variable}, {"removed", true}},
                       fmt::format("Removed the key {} from {}.\n", *variable, store.path()));
}

}  // namespace plenum::client
