#include "client/cli/tables/models_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "client/cli/render/format.h"
#include "client/cli/tables/table.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

std::string state_text(const Json& state) {
  const std::string breaker = text_at(state, "breaker");
  if (breaker == "open") return "paused";
  if (breaker == "half_open") return "probing";
  const auto running = int_at(state, "in_flight"), waiting = int_at(state, "waiting");
  if (waiting > 0) return fmt::format("{} +{} wait", running, waiting);
  return running > 0 ? fmt::format("{} running", running) : "idle";
}

bool has_prices(const Json& provider) { return value_at(provider, "prices_usd_per_million_tokens").is_object(); }

bool key_present(const Json& provider) {
  const Json& present = value_at(provider, "key_present");
  return present.is_boolean() && present.get<bool>();
}

constexpr std::size_t few_models = 8;

// One line per model, the default one first.
std::string list_text(const Json& provider, ModelsShown shown) {
  const std::string name = terminal_line(text_at(provider, "name"));
  const std::string listed_at = text_at(provider, "models_listed_at"), chosen = text_at(provider, "default_model");
  std::string text;
  if (const std::string why = text_at(value_at(provider, "models_error"), "message"); !why.empty()) {
    text += fmt::format("\n{}: the list of models is not available: {}\n", name, terminal_line(why));
  }
  auto models = texts_at(provider, listed_at.empty() ? "models" : "listed_models");
  if (models.empty() || (listed_at.empty() && shown == ModelsShown::few)) return text;
  std::stable_partition(models.begin(), models.end(), [&](const std::string& model) { return model == chosen; });
  text += listed_at.empty() ? fmt::format("\n{}: configured models\n", name)
                            : fmt::format("\n{}: {} models, listed at {}\n", name, models.size(),
                                          format_local_time(listed_at, SystemClock().wall()));
  const std::size_t count = shown == ModelsShown::all ? models.size() : std::min(models.size(), few_models);
  for (std::size_t i = 0; i < count; ++i) {
    text += fmt::format("{} {}\n", models[i] == chosen ? '*' : ' ', terminal_line(models[i]));
  }
  if (count < models.size()) text += fmt::format("  … {} more: plenum models {}\n", models.size() - count, name);
  return text;
}

std::string dollars(const Json& price, std::string_view key) {
  const auto usd = real_at(price, key);
  return usd ? fmt::format("{:g}", *usd) : "-";
}

std::vector<std::string> price_row(const std::string& provider, const std::string& model, const Json& price) {
  const auto longest = number_at(price, "max_output_tokens");
  const std::string date = text_at(price, "date");
  return {terminal_line(provider + "/" + model),
          dollars(price, "input"),
          dollars(price, "output"),
          dollars(price, "cached_input"),
          longest ? format_number(*longest) : "-",
          terminal_line(text_at(price, "origin") + (date.empty() ? "" : ", " + date))};
}

// Of the providers with a key, or of all if none has one.
std::vector<std::vector<std::string>> price_rows(const Json& models) {
  bool any_key = false;
  items_at(models, "providers",
           [&](const Json& provider) { return any_key |= key_present(provider) && has_prices(provider); });
  std::vector<std::vector<std::string>> rows;
  items_at(models, "providers", [&](const Json& provider) {
    const Json& prices = value_at(provider, "prices_usd_per_million_tokens");
    if (!prices.is_object() || (any_key && !key_present(provider))) return false;
    for (const auto& [model, price] : prices.items()) {
      rows.push_back(price_row(text_at(provider, "name"), model, price));
    }
    return true;
  });
  return rows;
}

}  // namespace

std::string prices_text(const Json& models, std::size_t columns) {
  Table table{{{"MODEL"}, {"INPUT", true}, {"OUTPUT", true}, {"CACHED", true}, {"LONGEST", true}, {"ORIGIN"}},
              price_rows(models)};
  if (table.rows.empty()) return "No price is known. Add models to [prices] of the server's configuration.\n";
  std::string text = table_text(table, columns);
  text += wrapped_text(
      "\nUS dollars per million tokens; LONGEST is the longest answer in tokens. Costs computed from them are "
      "estimates.\n",
      columns);
  if (const std::string note = text_at(value_at(models, "price_file"), "note"); !note.empty()) {
    text += "Note: " + terminal_line(note) + ".\n";
  }
  return text;
}

std::string models_text(const Json& models, ModelsShown shown, std::size_t columns) {
  Table table{{{"PROVIDER"}, {"KEY"}, {"DEFAULT MODEL"}, {"STATE"}}, {}};
  std::string missing, lists;
  bool any_ready = false, any_broken = false;
  items_at(models, "providers", [&](const Json& provider) {
    const std::string name = text_at(provider, "name"), key_env = text_at(provider, "key_env");
    const bool ready = key_present(provider);
    if (!ready && missing.empty()) missing = key_env;
    any_ready |= ready && text_at(provider, "kind") != "offline";
    any_broken |= text_at(value_at(provider, "state"), "breaker") == "open";
    const std::string model = text_at(provider, "default_model");
    table.rows.push_back({terminal_line(name),
                          terminal_line(!ready            ? "set " + key_env
                                        : key_env.empty() ? "none needed"
                                                          : "present"),
                          terminal_line(flag_at(provider, "searches") ? "web search"
                                        : model.empty()               ? fmt::format("none: use {}/<model>", name)
                                                                      : model),
                          ready ? state_text(value_at(provider, "state")) : "-"});
    lists += list_text(provider, shown);
    return true;
  });
  std::string text = table_text(table, columns) + wrapped_text(lists, columns);
  if (any_broken) {
    text += wrapped_text(
        "\npaused: the circuit breaker is open after consecutive failures; calls resume after a cooldown.\n", columns);
  }
  if (!any_ready && !missing.empty()) {
    text += wrapped_text(
        fmt::format("\nNo provider has a key. Set {} or another of these variables in the server's environment, and "
                    "restart it.\n",
                    terminal_line(missing)),
        columns);
  }
  return text;
}

}  // namespace plenum::client
