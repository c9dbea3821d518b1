// A check before a TOML text is parsed. The parser bounds the nesting of values but creates a table for every
// part of a dotted key, and freeing a million nested tables overflows the stack.
// Source: TOML 1.0, "Keys" and "String". Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace plenum::workflow {

inline constexpr std::size_t key_parts_max = 16;

// The byte offset at which a key exceeds key_parts_max parts; nothing if no key does.
std::optional<std::size_t> find_deep_key(std::string_view toml);

}  // namespace plenum::workflow
