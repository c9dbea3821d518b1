// Labels under which things are told apart without their names: A, B, … Z, AA, AB, … as the columns of a
// spreadsheet. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace plenum {

std::string label_of(std::size_t index);
// The other way, in either case; nothing for what is no label or beyond a few million.
std::optional<std::size_t> index_of_label(std::string_view label);

}  // namespace plenum
