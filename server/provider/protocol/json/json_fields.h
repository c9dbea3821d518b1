// Field readers shared by all protocols. Each skips a value of another type: an unknown or changed member must not
// lose an answer. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/provider/protocol/json/json_reader.h"

namespace plenum::protocol {

// Appends the string at the cursor.
void read_text(JsonReader& reader, std::string& out);
// Appends the value at the cursor as it is.
void read_raw(JsonReader& reader, std::string& out);
// Reads the whole number at the cursor, if it is a valid count.
void read_count(JsonReader& reader, std::optional<std::int64_t>& out);
// Reads the number at the cursor.
void read_real(JsonReader& reader, double& out);
// Skips the value at the cursor; false if it states nothing: null, false, 0, blank text, and lists and objects of such
// values only. Gateways send an empty error beside every text.
bool skip_statement(JsonReader& reader);

// The object's members; f(std::string_view key) must read or skip the value.
template <class F>
void each_member(JsonReader& reader, F&& f) {
  if (reader.kind() != JsonReader::Kind::object) return reader.skip();
  std::string_view key;
  for (reader.enter_object(); reader.next_member(key);) f(key);
}

// The array's elements; f() must read or skip the value.
template <class F>
void each_element(JsonReader& reader, F&& f) {
  if (reader.kind() != JsonReader::Kind::array) return reader.skip();
  for (reader.enter_array(); reader.next_element();) f();
}

}  // namespace plenum::protocol
