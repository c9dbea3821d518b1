// Anonymous labels of members: A, B, … Z, AA, AB, … like spreadsheet columns. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace plenum {

std::string label_of(std::size_t index);
// The inverse, in either case; nothing if the text is no label of at most four letters.
std::optional<std::size_t> index_of_label(std::string_view label);

}  // namespace plenum
