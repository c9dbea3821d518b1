#include "server/config/council_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace plenum::config {

namespace {

constexpr std::size_t councils_max = 100;

// The node at the first part of a JSON pointer, else the table itself.
const toml::node& node_at(const toml::table& table, std::string_view pointer) {
  if (pointer.empty()) return table;
  const std::string_view path = pointer.substr(1);
  const toml::node* node = table.get(path.substr(0, path.find('/')));
  return node != nullptr ? *node : table;
}

// `members/0`, for an error message.
std::string path_of(std::string_view pointer) { return pointer.empty() ? "" : fmt::format("{} ", pointer.substr(1)); }

}  // namespace

Json json_of(const toml::table& table) {
  std::ostringstream text;
  text << toml::json_formatter(table);
  auto json = parse_json(text.str());
  return json ? *std::move(json) : Json::object();
}

std::vector<Council> read_councils(const toml::node& node, const ReportAt& report) {
  std::vector<Council> councils;
  const toml::table* tables = node.as_table();
  if (tables == nullptr || tables->size() > councils_max) {
    report(node.source(),
           fmt::format("councils must contain at most {} tables such as [councils.review]", councils_max));
    return councils;
  }
  for (const auto& [name, value] : *tables) {
    const toml::table* table = value.as_table();
    if (!is_council_name(name.str())) {
      report(name.source(),
             fmt::format("\"{}\" is not a name of a council: use 1 to 64 characters of a-z, 0-9, - and _", name.str()));
    } else if (table == nullptr) {
      report(value.source(), fmt::format("councils.{} must be a table with `members`", name.str()));
    } else {
      std::vector<ValidationError> faults;
      councils.push_back(council_from(std::string(name.str()), json_of(*table), faults));
      for (const ValidationError& fault : faults) {
        report(node_at(*table, fault.pointer).source(),
               fmt::format("councils.{}: {}{}", name.str(), path_of(fault.pointer), fault.detail));
      }
    }
  }
  return councils;
}

}  // namespace plenum::config
