// A look at a TOML text before it is parsed. The parser bounds how deep values nest, but makes a table for
// every part of a dotted key, and a million tables inside each other end the program when they are freed.
// Source: TOML 1.0, "Keys" and "String". Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace plenum::workflow {

inline constexpr std::size_t key_parts_max = 16;

// The byte at which a key gets more parts than that; nothing when none does.
std::optional<std::size_t> key_too_deep(std::string_view toml);

}  // namespace plenum::workflow
