// The kinds of event stores: the one table of their names, as in the setting `store`, in JSON and in the log. Pure; any
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace plenum::core {

enum class StoreKind : std::uint8_t { memory, sqlite };

constexpr std::string_view name_of(StoreKind kind) {
  constexpr std::array<std::string_view, 2> names = {"memory", "sqlite"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace plenum::core
