#include "client/cli/tables/standings_text.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "client/cli/render/format.h"
#include "client/cli/tables/table.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

std::vector<std::string> row_of(const Json& one) {
  const Json &rating = value_at(one, "rating"), &agreement = value_at(one, "agreement");
  return {terminal_line(text_at(one, "model")),
          rating.is_number() ? fmt::format("{:.1f}", rating.get<double>()) : "-",
          format_number(int_at(one, "tasks")),
          fmt::format("{}/{}/{}", int_at(one, "wins"), int_at(one, "losses"), int_at(one, "ties")),
          format_number(int_at(one, "votes")),
          agreement.is_number() ? fmt::format("{:.0f} %", agreement.get<double>() * 100) : "-"};
}

}  // namespace

std::string standings_text(const Json& standings, std::size_t columns) {
  const Table table{
      {{"MODEL"}, {"RATING", true}, {"TASKS", true}, {"WIN/LOSS/TIE", true}, {"VOTES", true}, {"AGREE", true}},
      items_at(standings, "standings", row_of)};
  if (table.rows.empty())
    return "No completed task with rankings or votes. Run one with: plenum run -w council \"…\"\n";
  return table_text(table, columns) + fmt::format("\nFrom {}.\n", format_count(int_at(standings, "tasks"), "task"));
}

}  // namespace plenum::client
