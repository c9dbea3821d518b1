#include "client/cli/terminal/display_width.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cli/terminal/graphemes.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += next_grapheme(text).columns;
  return columns;
}

std::string terminal_fit(std::string_view text, std::size_t columns_max) {
  std::string safe = terminal_line(text);
  std::string_view rest = safe;
  std::size_t columns = 0, bytes_fitting = 0;
  while (!rest.empty()) {
    columns += next_grapheme(rest).columns;
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

bool is_same_terminal(int fd, int other) {
  struct stat one {
  }, two{};
  return ::isatty(fd) == 1 && ::isatty(other) == 1 && ::fstat(fd, &one) == 0 && ::fstat(other, &two) == 0 &&
         one.st_rdev == two.st_rdev;
}

ScreenSize screen_size(int fd) {
  ScreenSize found;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return found;
  if (size.ws_col > 0) found.columns = size.ws_col;
  if (size.ws_row > 0) found.rows = size.ws_row;
  return found;
}

}  // namespace plenum::client
