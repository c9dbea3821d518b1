// Loads the configuration: flags take precedence over the environment, the environment over the file, the file over the
// defaults.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "server/config/config.h"
#include "server/core/store_kind.h"

namespace plenum::config {

struct Sources {
  std::string file;                                // path of a TOML file; empty: none
  std::map<std::string, std::string> environment;  // variables that begin with PLENUM_
  std::map<std::string, std::string> flags;        // setting name -> text
};

struct Loaded {
  Config config;
  std::vector<std::string> notes;  // for the log: probable mistakes
};

// Blocks on the file: call it before the loops start. Fails with config_invalid, one line per error, each starting with
// `file:line:column: `, the flag or the variable.
Result<Loaded> load(const Sources& sources);

// The same for the text of a file; `name` is the file name in errors.
Result<Loaded> load_text(std::string_view name, std::string_view toml, const Sources& sources);

// The PLENUM_ variables of this process. Call it before threads are started.
std::map<std::string, std::string> plenum_environment();

// The kind of store selected by the setting `store`; nothing if it is invalid.
std::optional<core::StoreKind> store_kind(std::string_view store);
// The file of the setting `store`: its path, or for `sqlite` alone the default file of this user. Nothing for memory,
// for an invalid value, and if no variable determines the default.
std::optional<std::string> store_path(std::string_view store, const std::function<const char*(const char*)>& variable);

// Host and port of `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`; the host without brackets. Any thread.
Result<std::pair<std::string, std::uint16_t>> parse_listen(std::string_view text);
// Whether a host is reachable from this machine only: 127.0.0.0/8, ::1, localhost. Any thread.
bool is_loopback(std::string_view host);

}  // namespace plenum::config
