// Puts the configuration together: flags before environment before file before default, always.
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

namespace plenum::config {

struct Sources {
  std::string file;                                // path of a TOML file; empty: none
  std::map<std::string, std::string> environment;  // variables that begin with PLENUM_
  std::map<std::string, std::string> flags;        // setting name -> text
};

struct Loaded {
  Config config;
  std::vector<std::string> notes;  // for the log: what looks like a mistake but is not one for certain
};

// Blocks on the file: call it before the loops start. Fails with config_invalid, one line for every
// fault: `file:line:column: …` for the file, the flag or variable for the others.
Result<Loaded> load(const Sources& sources);

// The same for the text of a file that was read already; `name` stands in its faults.
Result<Loaded> load_text(std::string_view name, std::string_view toml, const Sources& sources);

// The PLENUM_ variables of this process. Call it before threads are started.
std::map<std::string, std::string> plenum_environment();

// The file of the setting `store`: the one it names, or with `sqlite` alone the usual one of this user. Nothing
// for memory, for another word, and when no variable says where that would be.
std::optional<std::string> store_path(std::string_view store, const std::function<const char*(const char*)>& variable);

// `127.0.0.1:8080`, `[::1]:8080`, `localhost:0` taken apart; the host without brackets. Any thread.
Result<std::pair<std::string, std::uint16_t>> parse_listen(std::string_view text);
// Whether a host can only be reached from this machine: 127.0.0.0/8, ::1, localhost. Any thread.
bool is_loopback(std::string_view host);

}  // namespace plenum::config
