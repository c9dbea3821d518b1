// Writes JSON by appending to a string. Used on the hot path, where each event is encoded once; other code uses
// nlohmann_json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plenum {

// Appends text as a JSON string with its quotes: control bytes, quote and backslash are escaped, ill-formed UTF-8 is
// replaced by U+FFFD. The output is one line for every reader: U+0085, U+2028 and U+2029 are escaped too, because some
// end a line there (Python's str.splitlines, JavaScript before ES2019).
void append_json_string(std::string& out, std::string_view text);
// Well-formed JSON with these three characters escaped, as they may be in its strings only.
std::string with_escaped_separators(std::string json);

// Appends `"key":value` pairs, separated by commas, to an object that is already open.
// Not thread-safe: one writer per string.
class JsonFields {
 public:
  // `first`: whether the next field is the object's first.
  explicit JsonFields(std::string& out, bool first = true) : out_(out), first_(first) {}

  JsonFields& text(std::string_view key, std::string_view value);
  JsonFields& text_if(std::string_view key, std::string_view value) { return value.empty() ? *this : text(key, value); }
  JsonFields& number(std::string_view key, std::int64_t value);
  // The shortest text that parses to the same number; null if it is not finite.
  JsonFields& real(std::string_view key, double value);
  JsonFields& flag(std::string_view key, bool value);
  JsonFields& texts(std::string_view key, const std::vector<std::string>& values);
  // json: encoded JSON, on one line.
  JsonFields& raw(std::string_view key, std::string_view json);
  // Encoded `"key":value,"key":value` text; may be empty.
  JsonFields& fragment(std::string_view fields);

 private:
  void key(std::string_view name);

  std::string& out_;
  bool first_;
};

}  // namespace plenum
