#include "client/cli/terminal/display_width.h"

#include <sys/ioctl.h>
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

}  // namespace plenum::client
