#include "client/cli/render/standings_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/render/format.h"
#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

constexpr std::size_t model_columns_max = 48;

std::string row(std::string model, std::size_t width, std::string_view rating, std::string_view tasks,
                std::string_view results, std::string_view votes, std::string_view agreement) {
  model.append(width - std::min(width, display_width(model)), ' ');
  return fmt::format("{}  {:>7}  {:>6}  {:>14}  {:>6}  {:>6}\n", model, rating, tasks, results, votes, agreement);
}

std::string row_of(const Json& one, std::size_t width) {
  const Json &rating = value_at(one, "rating"), &agreement = value_at(one, "agreement");
  return row(terminal_fit(text_at(one, "model"), model_columns_max), width,
             rating.is_number() ? fmt::format("{:.1f}", rating.get<double>()) : "-",
             format_number(int_at(one, "tasks")),
             fmt::format("{}/{}/{}", int_at(one, "wins"), int_at(one, "losses"), int_at(one, "ties")),
             format_number(int_at(one, "votes")),
             agreement.is_number() ? fmt::format("{:.0f} %", agreement.get<double>() * 100) : "-");
}

}  // namespace

std::string standings_text(const Json& standings) {
  std::size_t width = std::string_view("MODEL").size();
  items_at(standings, "standings", [&](const Json& one) {
    width = std::max(width, display_width(terminal_fit(text_at(one, "model"), model_columns_max)));
    return true;
  });
  std::string rows;
  items_at(standings, "standings", [&](const Json& one) {
    rows += row_of(one, width);
    return true;
  });
  if (rows.empty()) return "No completed task with rankings or votes. Run one with: plenum run -w council \"…\"\n";
  return row("MODEL", width, "RATING", "TASKS", "WIN/LOSS/TIE", "VOTES", "AGREE") + rows +
         fmt::format("\nFrom {}.\n", format_count(int_at(standings, "tasks"), "task"));
}

}  // namespace plenum::client
