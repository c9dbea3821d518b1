// Collects the errors of one configuration file, so that all of them are reported together. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plenum::config {

// Not thread-safe.
class FileErrors {
 public:
  explicit FileErrors(std::string_view file) : file_(file) {}

  void add(const toml::source_region& where, const std::string& what);
  // `kind`: what the key should have been, for example "a setting".
  void unknown_key(const toml::key& key, std::string_view kind, std::span<const std::string_view> known);
  // `file:line:column`.
  std::string position(const toml::source_region& where) const;
  std::vector<std::string> take() { return std::move(errors_); }

 private:
  std::string file_;
  std::vector<std::string> errors_;
};

// "a string", "a number", …: the type of the node.
std::string_view type_name(const toml::node& node);

}  // namespace plenum::config
