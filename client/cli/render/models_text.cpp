#include "client/cli/render/models_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/terminal/terminal_text.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

// Padded or truncated to `width` characters.
std::string cell(std::string_view text, std::size_t width) {
  std::string cell = terminal_cut(text, width);
  return cell.append(width - std::min(width, code_points(cell)), ' ');
}

std::string row(std::string_view name, std::string_view key, std::string_view model, std::string_view state) {
  return fmt::format("{}  {}  {}  {}\n", cell(name, 12), cell(key, 22), cell(model, 30), terminal_cut(state, 10));
}

std::string state_text(const Json& state) {
  const std::string breaker = text_at(state, "breaker");
  if (breaker == "open") return "paused";
  if (breaker == "half_open") return "probing";
  const auto running = int_at(state, "in_flight"), waiting = int_at(state, "waiting");
  if (waiting > 0) return fmt::format("{} +{} wait", running, waiting);
  return running > 0 ? fmt::format("{} running", running) : "idle";
}

bool key_present(const Json& provider) {
  const Json& present = value_at(provider, "key_present");
  return present.is_boolean() && present.get<bool>();
}

}  // namespace

std::string models_text(const Json& models) {
  std::string text = row("PROVIDER", "KEY", "DEFAULT MODEL", "STATE");
  std::string missing;
  bool any_ready = false, any_broken = false;
  items_at(models, "providers", [&](const Json& provider) {
    const std::string name = text_at(provider, "name"), key_env = text_at(provider, "key_env");
    const bool ready = key_present(provider);
    if (!ready && missing.empty()) missing = key_env;
    any_ready |= ready && text_at(provider, "kind") != "offline";
    any_broken |= text_at(value_at(provider, "state"), "breaker") == "open";
    const std::string model = text_at(provider, "default_model");
    text += row(name,
                !ready            ? "set " + key_env
                : key_env.empty() ? "none needed"
                                  : "present",
                flag_at(provider, "searches") ? "web search"
                : model.empty()               ? fmt::format("none: use {}/<model>", name)
                                              : model,
                ready ? state_text(value_at(provider, "state")) : "-");
    return true;
  });
  if (any_broken)
    text += "\npaused: the circuit breaker is open after consecutive failures; calls resume after a cooldown.\n";
  if (!any_ready && !missing.empty()) {
    text += fmt::format(
        "\nNo provider has a key. Set {} or another of these variables\n"
        "in the server's environment, and restart it.\n",
        terminal_cut(missing, 20));
  }
  return text;
}

}  // namespace plenum::client
