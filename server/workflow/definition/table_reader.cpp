#include "server/workflow/definition/table_reader.h"

#include <algorithm>

#include "common/base/strings.h"
#include "server/workflow/definition/workflow_compiler.h"

namespace plenum::workflow {

namespace {

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return is_lower_alphanumeric(c) || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= name_bytes_max && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

Position position_of(const toml::source_position& at) {
  return {static_cast<int>(at.line), static_cast<int>(at.column)};
}

Position position_of(const toml::node& node) { return position_of(node.source().begin); }

Located<std::string> TableReader::text(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (!node) return {};
  if (const auto* value = node->as_string()) return {value->get(), position_of(*node)};
  report(position_of(*node), fmt::format("`{}` must be a text", key), "Put it in quotation marks.");
  return {};
}

Located<std::string> TableReader::name(const toml::table& table, std::string_view key) {
  Located<std::string> value = text(table, key);
  const bool is_text = table.contains(key) && table.get(key)->is_string();
  if (is_text && !check_name(value, key)) value.value.clear();
  return value;
}

bool TableReader::check_name(const Located<std::string>& value, std::string_view key) {
  if (is_name(value.value)) return true;
  report(value.position, fmt::format("`{}` is not a name: \"{}\"", key, value.value),
         fmt::format("A name has 1 to {} characters of a-z, 0-9, _ and -.", name_bytes_max));
  return false;
}

Located<std::string> TableReader::prompt(const toml::table& table, std::string_view key) {
  Located<std::string> value = text(table, key);
  if (value.value.size() > prompt_bytes_max) {
    report(value.position, fmt::format("`{}` has {} bytes", key, value.value.size()),
           fmt::format("A template holds at most {} bytes.", prompt_bytes_max));
  }
  return value;
}

std::vector<Located<std::string>> TableReader::names(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (!node) return {};
  const toml::array* array = node->as_array();
  if (!array) {
    report(position_of(*node), fmt::format("`{}` must be a list of names", key), "Write it as [\"one\", \"two\"].");
    return {};
  }
  std::vector<Located<std::string>> found;
  if (array->size() > names_max) {
    report(position_of(*node), fmt::format("`{}` holds {} names", key, array->size()),
           fmt::format("Name at most {}.", names_max));
    return {};
  }
  for (const toml::node& item : *array) {
    const auto* value = item.as_string();
    found.push_back({value ? value->get() : "", position_of(item)});
    check_name(found.back(), key);
    const auto same = [&](const Located<std::string>& other) { return other.value == found.back().value; };
    if (std::any_of(found.begin(), found.end() - 1, same)) {
      report(position_of(item), fmt::format("`{}` names \"{}\" twice", key, found.back().value), "Remove one of them.");
    }
  }
  return found;
}

std::vector<const toml::table*> TableReader::tables(const toml::table& table, std::string_view key) {
  const toml::node* node = table.get(key);
  if (!node) return {};
  std::vector<const toml::table*> found;
  if (const toml::array* array = node->as_array()) {
    for (const toml::node& item : *array) {
      if (const toml::table* one = item.as_table()) found.push_back(one);
    }
    if (!found.empty() && found.size() == array->size()) return found;
  }
  report(position_of(*node), fmt::format("`{}` must be one or more tables", key),
         "Start each with its own [[…]] line.");
  return {};
}

std::optional<std::int64_t> TableReader::integer(const toml::table& table, std::string_view key, std::int64_t low,
                                                 std::int64_t high) {
  const toml::node* node = table.get(key);
  if (!node) return std::nullopt;
  if (const auto* value = node->as_integer(); value && value->get() >= low && value->get() <= high) return value->get();
  report(position_of(*node), fmt::format("`{}` must be a whole number from {} to {}", key, low, high),
         "Write such a number without quotation marks.");
  return std::nullopt;
}

std::optional<double> TableReader::number(const toml::table& table, std::string_view key, double low, double high) {
  const toml::node* node = table.get(key);
  if (!node) return std::nullopt;
  const std::optional<double> value = node->is_number() ? node->value<double>() : std::nullopt;
  if (value && *value >= low && *value <= high) return value;
  report(position_of(*node), fmt::format("`{}` must be a number from {} to {}", key, low, high),
         "Write such a number without quotation marks.");
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> TableReader::duration(const toml::table& table, std::string_view key,
                                                               double low_s) {
  const auto s = number(table, key, low_s, day_s);
  if (!s) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*s * 1000 + 0.5));
}

void TableReader::report_value(const toml::node& node, std::string_view key, const std::string& known) {
  report(position_of(node), fmt::format("`{}` has an unknown value", key), "Use one of " + known + ".");
}

void TableReader::report(Position position, std::string_view what, std::string remedy) {
  diagnostics_.add(position, what, std::move(remedy));
}

}  // namespace plenum::workflow
