// Writes JSON by appending to one string. Events are encoded with it, once each, on the hot path;
// everything that is read back or rarely written uses nlohmann_json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plenum {

// Appends text as a JSON string with its quotes: control bytes, quote and backslash escaped, U+2028
// and U+2029 left alone, ill-formed UTF-8 replaced by U+FFFD. What it writes never holds CR or LF.
void append_json_string(std::string& out, std::string_view text);

// Appends `"key":value` pairs to an object that is already open, with commas where they belong.
// Not thread-safe: one writer per string.
class JsonFields {
 public:
  // `first`: whether the next field is the object's first.
  explicit JsonFields(std::string& out, bool first = true) : out_(out), first_(first) {}

  JsonFields& text(std::string_view key, std::string_view value);
  JsonFields& text_if(std::string_view key, std::string_view value) { return value.empty() ? *this : text(key, value); }
  JsonFields& number(std::string_view key, std::int64_t value);
  // Shortest text that reads back as the same number; null when it is not finite.
  JsonFields& real(std::string_view key, double value);
  JsonFields& flag(std::string_view key, bool value);
  JsonFields& texts(std::string_view key, const std::vector<std::string>& values);
  // json is JSON already, on one line.
  JsonFields& raw(std::string_view key, std::string_view json);
  // Whole `"key":value,"key":value` text that was made before; nothing if it is empty.
  JsonFields& fragment(std::string_view fields);

 private:
  void key(std::string_view name);

  std::string& out_;
  bool first_;
};

}  // namespace plenum
