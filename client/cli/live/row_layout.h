// The lines of one row of the live region. Pure: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/live/run_row.h"
#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

// How many lines a row may take.
enum class RowDensity : std::uint8_t {
  one_line,  // on a narrow terminal without all figures
  figures,   // all figures, on a narrow terminal on a second line
  words,     // and the newest words, on a line of their own if the first one has no space
};

struct RowFormat {
  std::size_t columns = 80;
  std::size_t name_columns = 20;
  RowDensity density = RowDensity::words;
  bool words_wanted = true;  // false: they are shown elsewhere

  bool narrow() const { return columns < narrow_below; }
  static constexpr std::size_t narrow_below = 64;
};

// The format for these rows, of which the names share a column.
RowFormat row_format(const std::vector<const RunRow*>& rows, std::size_t columns, RowDensity density);
// now_ms: since the acceptance of the task. tick: of the spinner.
std::vector<StyledLine> row_lines(const RunRow& row, const RowFormat& format, std::int64_t now_ms, std::uint64_t tick);
// The names of the columns; empty on a narrow terminal.
StyledLine header_line(const RowFormat& format);
std::string spinner_text(std::uint64_t tick);
// `12 s`, `3 min 5 s`: whole seconds, for figures that change while they are read.
std::string format_seconds(std::int64_t ms);

}  // namespace plenum::client
