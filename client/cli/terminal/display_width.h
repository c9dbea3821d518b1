// The number of terminal columns of a text, by grapheme clusters (graphemes.h).
// Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plenum::client {

inline constexpr std::size_t columns_default = 80;
inline constexpr std::size_t columns_of_file = 1'000'000'000;

struct ScreenSize {
  std::size_t columns = columns_default, rows = 24;
  bool operator==(const ScreenSize&) const = default;
};

// text: one line of well-formed UTF-8 without control characters.
std::size_t display_width(std::string_view text);
// One safe line (terminal_text.h) of at most columns_max columns, truncated with an ellipsis.
std::string terminal_fit(std::string_view text, std::size_t columns_max);
// The width of the terminal behind a descriptor; columns_default if the terminal does not report it, and
// columns_of_file for a file or pipe, whose rows are not truncated.
std::size_t terminal_columns(int fd);
// Whether both descriptors are the same terminal.
bool is_same_terminal(int fd, int other);
// The size of the terminal behind a descriptor; what it does not report has its default value.
ScreenSize screen_size(int fd);

}  // namespace plenum::client
