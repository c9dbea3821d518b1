// The steps in which all dialects read a JSON text. Each passes over what has another type than it looks for:
// an unknown or changed member is no reason to lose an answer. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/wire/json_walk.h"

namespace plenum::wire {

// Appends the string at the cursor.
void read_text(JsonWalk& walk, std::string& out);
// Takes the whole number at the cursor, when it is one that a count can have.
void read_count(JsonWalk& walk, std::optional<std::int64_t>& out);
// Takes the number at the cursor.
void read_real(JsonWalk& walk, double& out);
// Passes over the value at the cursor and sets `there` unless it is null.
void note_presence(JsonWalk& walk, bool& there);

// The object's members; f(std::string_view key) must read or skip the value.
template <class F>
void each_member(JsonWalk& walk, F&& f) {
  if (walk.kind() != JsonWalk::Kind::object) return walk.skip();
  std::string_view key;
  for (walk.enter_object(); walk.next_member(key);) f(key);
}

// The array's elements; f() must read or skip the value.
template <class F>
void each_element(JsonWalk& walk, F&& f) {
  if (walk.kind() != JsonWalk::Kind::array) return walk.skip();
  for (walk.enter_array(); walk.next_element();) f();
}

}  // namespace plenum::wire
