#include "server/config/file_errors.h"

#include <fmt/format.h>

#include "common/text/edit_distance.h"

namespace plenum::config {

void FileErrors::add(const toml::source_region& where, const std::string& what) {
  errors_.push_back(fmt::format("{}: {}", position(where), what));
}

void FileErrors::unknown_key(const toml::key& key, std::string_view kind, std::span<const std::string_view> known) {
  const auto near = nearest_name(key.str(), known);
  add(key.source(), near.empty() ? fmt::format("{} is not {}", key.str(), kind)
                                 : fmt::format("{} is not {}; did you mean {}?", key.str(), kind, near));
}

std::string FileErrors::position(const toml::source_region& where) const {
  return fmt::format("{}:{}:{}", file_, where.begin.line, where.begin.column);
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

}  // namespace plenum::config
