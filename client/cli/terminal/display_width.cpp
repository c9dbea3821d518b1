#include "client/cli/terminal/display_width.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "client/cli/terminal/char_ranges.h"
#include "client/cli/terminal/terminal_text.h"
#include "client/cli/terminal/utf8_reader.h"

namespace plenum::client {
namespace {

// Wide and full-width blocks, and blocks whose symbols many terminals draw as emoji. Sorted.
constexpr CharRange wide[] = {
    {0x1100, 0x115F},    // Hangul initials
    {0x231A, 0x231B},    // watch, hourglass
    {0x2329, 0x232A},    // angle brackets
    {0x23E9, 0x23F3},    // media controls, clocks
    {0x25FD, 0x25FE},    // small squares
    {0x2600, 0x27BF},    // symbols, dingbats
    {0x2B1B, 0x2B1C},    // large squares
    {0x2B50, 0x2B55},    // star, circle
    {0x2E80, 0xA4CF},    // CJK radicals to Yi
    {0xA960, 0xA97F},    // more Hangul
    {0xAC00, 0xD7AF},    // Hangul syllables
    {0xF900, 0xFAFF},    // CJK compatibility
    {0xFE10, 0xFE1F},    // vertical forms
    {0xFE30, 0xFE6F},    // CJK forms
    {0xFF00, 0xFF60},    // full-width forms
    {0xFFE0, 0xFFE6},    // full-width signs
    {0x16FE0, 0x18DFF},  // Tangut, Khitan
    {0x1AFF0, 0x1B2FF},  // Kana, Nushu
    {0x1D300, 0x1D37F},  // Tai Xuan Jing, counting rods
    {0x1F000, 0x1FAFF},  // emoji
    {0x20000, 0x3FFFF},  // CJK extensions
};

// Combining marks, which take no column. Marks of single scripts are not listed: they count as one column.
constexpr CharRange zero_width[] = {
    {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F},
};

std::size_t width_of(char32_t character) { return is_in(wide, character) ? 2 : is_in(zero_width, character) ? 0 : 1; }

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += width_of(next_character(text));
  return columns;
}

std::string terminal_fit(std::string_view text, std::size_t columns_max) {
  std::string safe = terminal_line(text);
  std::string_view rest = safe;
  std::size_t columns = 0, bytes_fitting = 0;
  while (!rest.empty()) {
    columns += width_of(next_character(rest));
    // The ellipsis takes one column.
    if (columns < columns_max) bytes_fitting = safe.size() - rest.size();
    if (columns > columns_max) {
      safe.resize(bytes_fitting);
      return columns_max == 0 ? "" : safe + "…";
    }
  }
  return safe;
}

std::size_t terminal_columns(int fd) {
  if (::isatty(fd) == 0) return columns_of_file;
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : columns_default;
}

}  // namespace plenum::client
