#include "tests/flow/protocol/field_tables.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>

namespace plenum::tests {

namespace {

// As in the address of a heading: lower case, `-` for a space, without other punctuation.
std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (const char c : heading) {
    if (c == ' ') anchor += '-';
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-') {
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return anchor;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream row(line.substr(1));
  for (std::string cell; std::getline(row, cell, '|');) {
    const auto begin = cell.find_first_not_of(' ');
    cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(' ') + 1 - begin));
  }
  return cells;
}

// `list of [cost](page.md#cost) or null` -> `list of object:cost`, `null`.
std::vector<std::string> types_of(std::string cell) {
  for (std::size_t open; (open = cell.find('[')) != std::string::npos;) {
    const auto hash = cell.find('#', open), close = cell.find(')', open);
    cell.replace(open, close + 1 - open, "object:" + cell.substr(hash + 1, close - hash - 1));
  }
  std::vector<std::string> types;
  constexpr std::string_view between = " or ";
  for (std::size_t at; (at = cell.find(between)) != std::string::npos; cell.erase(0, at + between.size())) {
    types.push_back(cell.substr(0, at));
  }
  types.push_back(cell);
  return types;
}

// The names in code quotes of a cell: "`a`, `b?`".
std::vector<FieldRow> rows_in(const std::string& names, const std::string& types) {
  if (names == "…") return {{"", false, types_of(types)}};
  std::vector<FieldRow> rows;
  for (std::size_t at = 0; (at = names.find('`', at)) != std::string::npos;) {
    const auto end = names.find('`', at + 1);
    std::string name = names.substr(at + 1, end - at - 1);
    const bool optional = name.ends_with('?');
    if (optional) name.pop_back();
    rows.push_back({name, optional, types_of(types)});
    at = end + 1;
  }
  return rows;
}

}  // namespace

void FieldTables::add_page(std::string_view markdown) {
  std::istringstream page{std::string(markdown)};
  std::string object, example;
  bool in_example = false;
  enum class Table { none, fields, codes } table = Table::none;
  for (std::string line; std::getline(page, line);) {
    if (in_example) {
      if (line != "```") {
        example += line + '\n';
        continue;
      }
      in_example = false;
      objects_[object].examples.push_back(example);
    } else if (line == "```json") {
      in_example = true;
      example.clear();
    } else if (line.starts_with('#')) {
      object = anchor_of(line.substr(line.find(' ') + 1));
    } else if (!line.starts_with('|')) {
      table = Table::none;
    } else if (line.starts_with("| field | type |")) {
      table = Table::fields;
    } else if (line.starts_with("| code | field | type |")) {
      table = Table::codes;
    } else if (table != Table::none && !line.starts_with("|--")) {
      const auto cells = cells_of(line);
      const bool of_code = table == Table::codes;
      auto& rows = objects_[of_code ? "code:" + rows_in(cells[0], "").at(0).name : object].rows;
      for (FieldRow& row : rows_in(cells.at(of_code ? 1 : 0), cells.at(of_code ? 2 : 1)))
        rows.push_back(std::move(row));
    }
  }
}

std::map<std::string, std::pair<std::string, const FieldRow*>> FieldTables::rows_of(
    const std::vector<std::string>& objects) {
  std::map<std::string, std::pair<std::string, const FieldRow*>> rows;
  for (const std::string& name : objects) {
    const auto object = objects_.find(name);
    if (object == objects_.end() || object->second.rows.empty()) {
      problems_.insert("no table for " + name);
      continue;
    }
    for (const FieldRow& row : object->second.rows) {
      if (!row.name.empty()) rows.insert_or_assign(row.name, std::pair(name, &row));
      if (row.name.empty()) rows.merge(rows_of({row.types.front().substr(std::string_view("object:").size())}));
    }
  }
  return rows;
}

void FieldTables::check(const std::vector<std::string>& objects, const Json& value) {
  const std::string& where = objects.back();
  if (!value.is_object()) {
    problems_.insert(where + " is no object: " + value.dump().substr(0, 200));
    return;
  }
  const auto rows = rows_of(objects);
  for (const auto& [name, field] : value.items()) {
    const auto row = rows.find(name);
    if (row == rows.end()) {
      problems_.insert(where + "." + name + " is not documented");
      continue;
    }
    const std::string documented = row->second.first + "." + name;
    seen_.insert(documented);
    check_value(documented, row->second.second->types, field);
  }
  for (const auto& [name, row] : rows) {
    if (!row.second->optional && !value.contains(name)) problems_.insert(where + "." + name + " is absent");
  }
}

void FieldTables::check_value(const std::string& where, const std::vector<std::string>& types, const Json& value) {
  if (std::any_of(types.begin(), types.end(), [&](const std::string& type) { return matches(where, type, value); })) {
    return;
  }
  problems_.insert(where + " has another type: " + value.dump().substr(0, 100));
}

bool FieldTables::matches(const std::string& where, const std::string& type, const Json& value) {
  constexpr std::string_view list = "list of ", map = "map of ", object = "object:";
  const bool is_list = type.starts_with(list);
  if (is_list || type.starts_with(map)) {
    if (is_list ? !value.is_array() : !value.is_object()) return false;
    for (const auto& item : value) check_value(where, {type.substr(is_list ? list.size() : map.size()), "null"}, item);
    return true;
  }
  if (type.starts_with(object)) {
    if (!value.is_object()) return false;
    check({type.substr(object.size())}, value);
    return true;
  }
  if (type == "text") return value.is_string();
  if (type == "time") return value.is_string() && value.get<std::string>().ends_with('Z');
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "null") return value.is_null();
  problems_.insert(where + ": the type \"" + type + "\" is unknown");
  return true;
}

void FieldTables::check_event(const Json& event) {
  const std::string type = event.value("type", "");
  std::vector<std::string> objects = {"envelope", type == "snapshot" ? "snapshot-event" : type};
  const std::string code = "code:" + event.value("code", "");
  if (type == "system_message" && objects_.contains(code)) objects.push_back(code);
  check(objects, event);
}

void FieldTables::check_examples() {
  const auto seen = seen_;
  for (const auto& [name, object] : std::map(objects_)) {
    if (object.rows.empty() || name.starts_with("code:")) continue;
    if (object.examples.size() != 1) problems_.insert(name + " has not exactly one example");
    for (const std::string& example : object.examples) {
      const Json value = Json::parse(example, nullptr, false);
      if (name == "system_message") {
        check({name, "code:" + value.value("code", "")}, value);
      } else {
        check({name}, value);
      }
    }
  }
  seen_ = seen;
}

std::set<std::string> FieldTables::unseen() const {
  std::set<std::string> rows;
  for (const auto& [name, object] : objects_) {
    for (const FieldRow& row : object.rows) {
      const std::string field = name + "." + row.name;
      if (!row.name.empty() && !seen_.contains(field)) rows.insert(field);
    }
  }
  return rows;
}

}  // namespace plenum::tests
