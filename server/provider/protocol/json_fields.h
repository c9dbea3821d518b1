// The steps in which all dialects read a JSON text. Each passes over what has another type than it looks for:
// an unknown or changed member is no reason to lose an answer. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/provider/protocol/json_reader.h"

namespace plenum::protocol {

// Appends the string at the cursor.
void read_text(JsonReader& walk, std::string& out);
// Takes the whole number at the cursor, when it is one that a count can have.
void read_count(JsonReader& walk, std::optional<std::int64_t>& out);
// Takes the number at the cursor.
void read_real(JsonReader& walk, double& out);
// Passes over the value at the cursor and sets `there` unless it is null.
void note_presence(JsonReader& walk, bool& there);

// The object's members; f(std::string_view key) must read or skip the value.
template <class F>
void each_member(JsonReader& walk, F&& f) {
  if (walk.kind() != JsonReader::Kind::object) return walk.skip();
  std::string_view key;
  for (walk.enter_object(); walk.next_member(key);) f(key);
}

// The array's elements; f() must read or skip the value.
template <class F>
void each_element(JsonReader& walk, F&& f) {
  if (walk.kind() != JsonReader::Kind::array) return walk.skip();
  for (walk.enter_array(); walk.next_element();) f();
}

}  // namespace plenum::protocol
