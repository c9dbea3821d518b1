#include "server/config/config_load.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>
#include <cstdlib>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>

#include "server/config/config_table.h"
#include "server/config/persona_table.h"
#include "server/config/price_tables.h"
#include "server/config/provider_tables.h"

namespace plenum::config {

namespace {

Failure invalid(std::string message, std::string remedy = {}) {
  return Failure(Error{ErrorCode::config_invalid, std::move(message), std::move(remedy)});
}

// A TOML value as a flag would have been written, so that one reader serves all sources.
std::optional<std::string> as_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  const auto* items = node.as_array();
  if (items == nullptr) return std::nullopt;
  std::string list;
  for (const auto& item : *items) {
    const auto* text = item.as_string();
    if (text == nullptr || text->get().find(',') != std::string::npos) return std::nullopt;
    list.append(list.empty() ? "" : ",").append(text->get());
  }
  return list;
}

// The text form alone would take 5 for a text and "5" for a number; in a file types are meant.
bool right_type(const Setting& setting, const toml::node& node) {
  if (std::holds_alternative<bool Config::*>(setting.field)) return node.is_boolean();
  if (std::holds_alternative<std::string Config::*>(setting.field)) return node.is_string();
  if (std::holds_alternative<std::vector<std::string> Config::*>(setting.field)) return node.is_array();
  return node.is_integer();
}

void read_setting(FileFaults& faults, const toml::key& key, const toml::node& node, Config& config) {
  const auto* setting = find_setting(key.str());
  if (setting == nullptr) {
    std::vector<std::string_view> known{"providers", "prices"};
    for (const auto& row : settings()) known.push_back(row.name);
    return faults.unknown_key(key, "a setting", known);
  }
  const auto text = right_type(*setting, node) ? as_text(node) : std::nullopt;
  if (!text) {
    faults.add(node.source(),
               fmt::format("{} must be {}, not {}", setting->name, expectation(*setting), type_word(node)));
  } else if (const auto applied = apply(config, *setting, *text); !applied) {
    faults.add(node.source(), fmt::format("{}: {}", setting->name, applied.error().message));
  }
}

void read_file(FileFaults& faults, std::string_view text, Config& config) {
  try {
    const auto file = toml::parse(text);
    for (const auto& [key, node] : file) {
      if (key == "providers") {
        config.providers = read_providers(faults, node);
      } else if (key == "prices") {
        config.prices = read_prices(faults, node);
      } else if (key == "personas") {
        config.personas = read_personas(faults, node);
      } else {
        read_setting(faults, key, node, config);
      }
    }
  } catch (const toml::parse_error& fault) {
    faults.add(fault.source(), std::string(fault.description()));
  }
}

void read_environment(std::vector<std::string>& faults, std::vector<std::string>& notes,
                      const std::map<std::string, std::string>& environment, Config& config) {
  std::map<std::string, const Setting*> known;
  for (const auto& setting : settings()) known.emplace(variable_of(setting), &setting);
  std::vector<std::string_view> names;
  for (const auto& [name, setting] : known) names.push_back(name);
  for (const auto& [name, text] : environment) {
    if (name == "PLENUM_CONFIG" || name == "PLENUM_SERVER") continue;  // of the command line and of the client
    const auto found = known.find(name);
    if (found != known.end()) {
      const auto applied = apply(config, *found->second, text);
      if (!applied) faults.push_back(fmt::format("{}: {}", name, applied.error().message));
    } else if (const auto near = nearest_name(name, names); !near.empty()) {
      // Not a fault: the client and the tests have PLENUM_ variables of their own.
      notes.push_back(fmt::format("the variable {} is no setting of this server; {} is", name, near));
    }
  }
}

void read_flags(std::vector<std::string>& faults, const std::map<std::string, std::string>& flags, Config& config) {
  for (const auto& [name, text] : flags) {
    const auto* setting = find_setting(name);
    if (setting == nullptr) {
      faults.push_back(fmt::format("{}: there is no such setting", name));
    } else if (const auto applied = apply(config, *setting, text); !applied) {
      faults.push_back(fmt::format("{}: {}", flag_of(*setting), applied.error().message));
    }
  }
}

// A file of certificates that cannot be used would otherwise show as a failure of every single call.
void judge_ca_file(std::vector<std::string>& faults, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  while (std::getline(file, line)) {
    if (line.find("-----BEGIN CERTIFICATE-----") != std::string::npos) return;
  }
  faults.push_back(fmt::format("ca_file: {} cannot be read or holds no certificate in PEM form", path));
}

// What no single value can get wrong alone.
void judge_whole(std::vector<std::string>& faults, const Config& config) {
  const auto listen = parse_listen(config.listen);
  if (!listen) {
    faults.push_back(fmt::format("listen: {}", listen.error().message));
  } else if (!is_loopback(listen->first) && !config.allow_public) {
    faults.push_back(
        fmt::format("listen: {} can be reached from other machines and this server does not ask who they are; "
                    "listen on 127.0.0.1, or set allow_public = true if a proxy in front asks",
                    listen->first));
  }
  if (config.store != "memory" && !store_path(config.store, std::getenv)) {
    faults.push_back(
        config.store == "sqlite"
            ? std::string("store: neither XDG_STATE_HOME nor HOME says where to keep it; set store = \"sqlite:PATH\"")
            : fmt::format("store: \"{}\" is not a store; set store = \"sqlite:PATH\" or \"memory\"", config.store));
  }
  if (!config.ca_file.empty()) judge_ca_file(faults, config.ca_file);
}

}  // namespace

std::optional<std::string> store_path(std::string_view store, const std::function<const char*(const char*)>& variable) {
  constexpr std::string_view with_path = "sqlite:";
  if (store.starts_with(with_path)) {
    return store.size() > with_path.size() ? std::optional(std::string(store.substr(with_path.size()))) : std::nullopt;
  }
  if (store != "sqlite") return std::nullopt;
  // XDG Base Directory Specification 0.8: state that should persist between restarts.
  if (const char* state = variable("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/plenum/plenum.db";
  }
  if (const char* home = variable("HOME"); home != nullptr && *home == '/') {
    return std::string(home) + "/.local/state/plenum/plenum.db";
  }
  return std::nullopt;
}

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text.append(text.empty() ? "" : "\n").append(line);
  return text;
}

}  // namespace

Result<Loaded> load_text(std::string_view name, std::string_view toml, const Sources& sources) {
  Loaded loaded;
  loaded.config = default_config();
  FileFaults file(name);
  read_file(file, toml, loaded.config);
  std::vector<std::string> faults = file.take();
  read_environment(faults, loaded.notes, sources.environment, loaded.config);
  read_flags(faults, sources.flags, loaded.config);
  if (faults.empty()) judge_whole(faults, loaded.config);
  if (!faults.empty()) return invalid(joined(faults));
  return loaded;
}

Result<Loaded> load(const Sources& sources) {
  if (sources.file.empty()) return load_text("", "", sources);
  std::ifstream file(sources.file, std::ios::binary);
  const bool opened = file.is_open();
  std::string text;
  std::array<char, 4096> piece;
  while (file.read(piece.data(), piece.size()), file.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!opened || file.bad()) {  // a folder can be opened but not read
    return invalid(fmt::format("{}: the file cannot be read", sources.file),
                   "Check the path given by --config and that the server may read it.");
  }
  return load_text(sources.file, text, sources);
}

std::map<std::string, std::string> plenum_environment() {
  constexpr std::string_view prefix = "PLENUM_";
  std::map<std::string, std::string> found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const auto equals = line.find('=');
    if (line.substr(0, prefix.size()) != prefix || equals == std::string_view::npos) continue;
    found.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return found;
}

Result<std::pair<std::string, std::uint16_t>> parse_listen(std::string_view text) {
  const auto bad = [text] {
    return invalid(fmt::format("\"{}\" is not an address and a port such as 127.0.0.1:8080 or [::1]:8080", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return bad();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    in6_addr address;
    if (inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) return bad();
  } else if (host.find_first_of(":[]/ \t") != std::string_view::npos) {
    return bad();
  }
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (fault != std::errc() || end != digits.data() + digits.size()) return bad();
  return std::pair(std::string(host), port);
}

bool is_loopback(std::string_view host) {
  const std::string text(host);
  in_addr four;
  in6_addr six;
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  if (inet_pton(AF_INET6, text.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
  return text == "localhost";
}

}  // namespace plenum::config
