// Reads the [providers.NAME] tables of the configuration file. Inside server/config only.
#pragma once

#include <toml++/toml.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace plenum::config {

// Gathers every fault of one file, so that all of them are told at once.
class FileFaults {
 public:
  explicit FileFaults(std::string_view file) : file_(file) {}

  void add(const toml::source_region& where, const std::string& what);
  // `kind`: what the key should have been, e.g. "a setting".
  void unknown_key(const toml::key& key, std::string_view kind, std::span<const std::string_view> known);
  // `file:line:column`.
  std::string place(const toml::source_region& where) const;
  std::vector<std::string> take() { return std::move(faults_); }

 private:
  std::string file_;
  std::vector<std::string> faults_;
};

// "a text", "a number", … for what stands there.
std::string_view type_word(const toml::node& node);

// In the order of the file.
std::vector<ProviderConfig> read_providers(FileFaults& faults, const toml::node& node);

}  // namespace plenum::config
