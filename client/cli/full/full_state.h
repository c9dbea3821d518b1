// The state of the full-screen view that keys change. Pure: a key and what is on the screen give the next state and an
// action. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/cli/full/key_decoder.h"

namespace plenum::client {

enum class FullMode : std::uint8_t { normal, confirm_skip, confirm_cancel, search, help };
enum class FullAction : std::uint8_t { none, leave, cancel, skip };

// What is on the screen.
struct FullScreenFacts {
  std::size_t subjects = 0;  // that can be chosen: members and the answer
  bool subject_is_member = false;
  std::size_t lines = 0;  // of the text of the chosen one
  std::size_t page = 1;   // lines that are visible
  bool ended = false;     // the run
  // The nearest line that contains a text, at or after `from`, or before it. Nothing: none does.
  std::function<std::optional<std::size_t>(std::string_view text, std::size_t from, bool forward)> find{};
};

struct FullState {
  FullMode mode = FullMode::normal;
  std::size_t selected = 0;
  bool chosen = false;     // by the user; otherwise the view follows the run
  bool expanded = false;   // the text has the whole screen
  std::size_t top = 0;     // the first visible line
  bool follow_end = true;  // the newest line stays visible
  std::string query;       // that was searched
  std::string input;       // while it is typed
  std::string message;     // below the text, until the next key
  bool operator==(const FullState&) const = default;
};

// Changes state. The view carries the action out.
FullAction apply_key(FullState& state, const Key& key, const FullScreenFacts& facts);
// The first visible line: within the text.
std::size_t visible_top(const FullState& state, std::size_t lines, std::size_t page);

}  // namespace plenum::client
