// How many columns of a terminal a text takes: what is wide there takes two, marks over letters none.
// Where terminals disagree (emoji, symbols) the wider answer is given: a row then ends early, and never
// wraps. Pure: any thread. Source: Unicode Standard Annex 11 (East Asian Width).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plenum::client {

inline constexpr std::size_t columns_default = 80;
inline constexpr std::size_t columns_of_file = 1'000'000'000;

// Of one line of well-formed text without control characters.
std::size_t display_width(std::string_view text);
// One safe line (terminal_text.h) of at most so many columns, cut with an ellipsis.
std::string terminal_fit(std::string_view text, std::size_t columns_max);
// The width of the terminal behind a descriptor; columns_default when it does not tell. A file or a pipe has
// columns_of_file: who reads it cuts for himself.
std::size_t terminal_columns(int fd);

}  // namespace plenum::client
