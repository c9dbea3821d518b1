#include "client/cli/render/models_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/terminal/terminal_text.h"
#include "common/base/utf8.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

// Filled up with blanks to so many characters, or cut to them.
std::string cell(std::string_view text, std::size_t width) {
  std::string shown = terminal_cut(text, width);
  return shown.append(width - std::min(width, code_points(shown)), ' ');
}

std::string row(std::string_view name, std::string_view key, std::string_view model, std::string_view state) {
  return fmt::format("{}  {}  {}  {}\n", cell(name, 12), cell(key, 22), cell(model, 30), terminal_cut(state, 10));
}

std::string state_words(const Json& state) {
  const std::string breaker = text_at(state, "breaker");
  if (breaker == "open") return "not asked";
  if (breaker == "half_open") return "on trial";
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
                flag_at(provider, "searches") ? "searches the web"
                : model.empty()               ? fmt::format("none: write {}/<model>", name)
                                              : model,
                ready ? state_words(value_at(provider, "state")) : "-");
    return true;
  });
  if (any_broken) text += "\nNot asked: its last calls failed in a row; it is asked again after a while.\n";
  if (!any_ready && !missing.empty()) {
    text += fmt::format(
        "\nNo provider has its key. Set {} or another of these variables\n"
        "for the server, and start it again.\n",
        terminal_cut(missing, 20));
  }
  return text;
}

}  // namespace plenum::client
