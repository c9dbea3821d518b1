#include "server/config/config_load.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "common/files/file_reader.h"
#include "common/text/edit_distance.h"
#include "server/config/config_table.h"
#include "server/config/council_tables.h"
#include "server/config/file_errors.h"
#include "server/config/persona_table.h"
#include "server/config/price_tables.h"
#include "server/config/provider_tables.h"
#include "server/config/toml_values.h"

namespace plenum::config {

namespace {

Failure invalid(std::string message, std::string remedy = {}) {
  return Failure(Error{ErrorCode::config_invalid, std::move(message), std::move(remedy)});
}

// A TOML value in the syntax of a flag, so that one parser serves all sources.
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

// Nothing if the value has another type than the setting: in a file, 5 is not a string and "5" is not a number.
std::optional<std::string> setting_text(const Setting& setting, const toml::node& node) {
  if (is_number(setting)) return number_text(setting.unit, node);
  const bool matches = std::holds_alternative<bool Config::*>(setting.field)          ? node.is_boolean()
                       : std::holds_alternative<std::string Config::*>(setting.field) ? node.is_string()
                                                                                      : node.is_array();
  return matches ? as_text(node) : std::nullopt;
}

void read_setting(FileErrors& errors, const toml::key& key, const toml::node& node, Config& config) {
  const auto* setting = find_setting(key.str());
  if (setting == nullptr) {
    std::vector<std::string_view> known{"providers", "prices", "personas", "councils"};
    for (const auto& row : settings()) known.push_back(row.name);
    return errors.unknown_key(key, "a setting", known);
  }
  const auto text = setting_text(*setting, node);
  if (!text) {
    errors.add(node.source(),
               fmt::format("{} must be {}, not {}", setting->name, expectation(*setting), type_name(node)));
  } else if (const auto applied = apply(config, *setting, *text); !applied) {
    errors.add(node.source(), fmt::format("{}: {}", setting->name, applied.error().message));
  }
}

void read_file(FileErrors& errors, std::string_view text, Config& config) {
  try {
    const auto file = toml::parse(text);
    for (const auto& [key, node] : file) {
      if (key == "providers") {
        config.providers = read_providers(errors, node);
      } else if (key == "prices") {
        config.prices = read_prices(errors, node);
      } else if (key == "councils") {
        config.councils =
            read_councils(node, [&](const toml::source_region& at, const std::string& what) { errors.add(at, what); });
      } else if (key == "personas") {
        config.personas = read_personas(errors, node);
      } else {
        read_setting(errors, key, node, config);
      }
    }
  } catch (const toml::parse_error& error) {
    errors.add(error.source(), std::string(error.description()));
  }
}

void read_environment(std::vector<std::string>& errors, std::vector<std::string>& notes,
                      const std::map<std::string, std::string>& environment, Config& config) {
  std::map<std::string, const Setting*> known;
  for (const auto& setting : settings()) known.emplace(variable_of(setting), &setting);
  std::vector<std::string_view> names;
  for (const auto& [name, setting] : known) names.push_back(name);
  for (const auto& [name, text] : environment) {
    constexpr std::string_view other_names[] = {
        // Of the command line and of the client.
        "PLENUM_CONFIG",    "PLENUM_SERVER",       "PLENUM_AUTOSTART",     "PLENUM_CONFIG_DIR",    "PLENUM_WORKFLOW",
        "PLENUM_MEMBERS",   "PLENUM_COUNCIL",      "PLENUM_COLOR",         "PLENUM_VIEW",          "PLENUM_PLAIN",
        "PLENUM_RETRY_FOR", "PLENUM_ON_INTERRUPT", "PLENUM_OUTPUT_FORMAT", "PLENUM_SHOW_REASONING"};
    if (std::find(std::begin(other_names), std::end(other_names), name) != std::end(other_names)) continue;
    const auto found = known.find(name);
    if (found != known.end()) {
      const auto applied = apply(config, *found->second, text);
      if (!applied) errors.push_back(fmt::format("{}: {}", name, applied.error().message));
    } else if (const auto near = nearest_name(name, names); !near.empty()) {
      // Not an error: the client and the tests have their own PLENUM_ variables.
      notes.push_back(fmt::format("the environment variable {} is not a setting; did you mean {}?", name, near));
    }
  }
}

void read_flags(std::vector<std::string>& errors, const std::map<std::string, std::string>& flags, Config& config) {
  for (const auto& [name, text] : flags) {
    const auto* setting = find_setting(name);
    if (setting == nullptr) {
      errors.push_back(fmt::format("{}: unknown setting", name));
    } else if (const auto applied = apply(config, *setting, text); !applied) {
      errors.push_back(fmt::format("{}: {}", flag_of(*setting), applied.error().message));
    }
  }
}

// An unusable certificate file would otherwise fail every provider call.
void check_ca_file(std::vector<std::string>& errors, const std::string& path) {
  constexpr std::size_t bundle_bytes_max = std::size_t{16} << 20;
  const Result<std::string> text = plenum::read_file(path, path, {.bytes_max = bundle_bytes_max});
  if (text && text->find("-----BEGIN CERTIFICATE-----") != text->npos) return;
  errors.push_back(fmt::format("ca_file: {} cannot be read or contains no PEM certificate", path));
}

// Constraints between settings.
void check_whole(std::vector<std::string>& errors, const Config& config) {
  const auto listen = parse_listen(config.listen);
  if (!listen) {
    errors.push_back(fmt::format("listen: {}", listen.error().message));
  } else if (!is_loopback(listen->first) && !config.allow_public) {
    errors.push_back(
        fmt::format("listen: {} is not a loopback address, and this server has no authentication; listen on 127.0.0.1, "
                    "or set allow_public = true behind an authenticating proxy",
                    listen->first));
  }
  const auto store = store_kind(config.store);
  if (!store) {
    errors.push_back(
        fmt::format("store: \"{}\" is not a store; set store = \"sqlite:PATH\" or \"memory\"", config.store));
  } else if (*store == core::StoreKind::sqlite && !store_path(config.store, std::getenv)) {
    errors.push_back("store: neither XDG_STATE_HOME nor HOME is set; set store = \"sqlite:PATH\"");
  }
  if (!config.ca_file.empty()) check_ca_file(errors, config.ca_file);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text.append(text.empty() ? "" : "\n").append(line);
  return text;
}

}  // namespace

std::optional<core::StoreKind> store_kind(std::string_view store) {
  if (store == core::name_of(core::StoreKind::memory)) return core::StoreKind::memory;
  constexpr auto sqlite = core::name_of(core::StoreKind::sqlite);
  if (!store.starts_with(sqlite)) return std::nullopt;
  const auto rest = store.substr(sqlite.size());
  const bool has_path = rest.size() > 1 && rest.front() == ':';
  return rest.empty() || has_path ? std::optional(core::StoreKind::sqlite) : std::nullopt;
}

std::optional<std::string> store_path(std::string_view store, const std::function<const char*(const char*)>& variable) {
  if (store_kind(store) != core::StoreKind::sqlite) return std::nullopt;
  if (const auto colon = store.find(':'); colon != std::string_view::npos) return std::string(store.substr(colon + 1));
  // XDG Base Directory Specification 0.8: state that should persist between restarts.
  if (const char* state = variable("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/plenum/plenum.db";
  }
  if (const char* home = variable("HOME"); home != nullptr && *home == '/') {
    return std::string(home) + "/.local/state/plenum/plenum.db";
  }
  return std::nullopt;
}

Result<Loaded> load_text(std::string_view name, std::string_view toml, const Sources& sources) {
  Loaded loaded;
  loaded.config = default_config();
  FileErrors file(name);
  read_file(file, toml, loaded.config);
  std::vector<std::string> errors = file.take();
  read_environment(errors, loaded.notes, sources.environment, loaded.config);
  read_flags(errors, sources.flags, loaded.config);
  if (errors.empty()) check_whole(errors, loaded.config);
  if (!errors.empty()) return invalid(joined(errors));
  return loaded;
}

Result<Loaded> load(const Sources& sources) {
  if (sources.file.empty()) return load_text("", "", sources);
  const Result<std::string> text = plenum::read_file(sources.file, sources.file);
  if (!text) return invalid(text.error().message, "Check the path of --config. " + text.error().remedy);
  return load_text(sources.file, *text, sources);
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
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return bad();
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
