// Reads typed values of TOML tables and adds an error with position and remedy for each invalid one. An absent or
// invalid value is empty, or the default that the caller names. Inside server/workflow/definition only; not
// thread-safe.
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/workflow/definition/diagnostics.h"

namespace plenum::workflow {

// A value of the file format that is written as a text.
template <class Value>
struct Word {
  std::string_view text;
  Value value;
};

Position position_of(const toml::source_position& at);
Position position_of(const toml::node& node);

inline constexpr std::int64_t day_s = 24 * 3600;  // the maximum of all durations

class TableReader {
 public:
  // diagnostics must outlive it.
  explicit TableReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  Located<std::string> text(const toml::table& table, std::string_view key);
  // A text of 1 to name_bytes_max characters of a-z, 0-9, _ and -.
  Located<std::string> name(const toml::table& table, std::string_view key);
  // A list of different names.
  std::vector<Located<std::string>> names(const toml::table& table, std::string_view key);
  // A text of at most prompt_bytes_max bytes.
  Located<std::string> prompt(const toml::table& table, std::string_view key);
  // One or more tables.
  std::vector<const toml::table*> tables(const toml::table& table, std::string_view key);
  // Bounds are inclusive.
  std::optional<std::int64_t> integer(const toml::table& table, std::string_view key, std::int64_t low,
                                      std::int64_t high);
  std::optional<double> number(const toml::table& table, std::string_view key, double low, double high);
  // Seconds, with a fraction or without, up to a day.
  std::optional<std::chrono::milliseconds> duration(const toml::table& table, std::string_view key, double low_s);

  template <class Value, std::size_t n>
  Value word(const toml::table& table, std::string_view key, const Word<Value> (&words)[n], Value otherwise) {
    const toml::node* node = table.get(key);
    return node ? word_of(*node, key, words, otherwise) : otherwise;
  }
  template <class Value, std::size_t n>
  Value word_of(const toml::node& node, std::string_view key, const Word<Value> (&words)[n], Value otherwise) {
    const auto* value = node.as_string();
    std::string known;
    for (const Word<Value>& row : words) {
      if (value && value->get() == row.text) return row.value;
      known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", row.text);
    }
    report_value(node, key, known);
    return otherwise;
  }

  // The value of the key is none of `known`.
  void report_value(const toml::node& node, std::string_view key, const std::string& known);
  void report(Position position, std::string_view what, std::string remedy);

 private:
  bool check_name(const Located<std::string>& value, std::string_view key);

  Diagnostics& diagnostics_;
};

}  // namespace plenum::workflow
