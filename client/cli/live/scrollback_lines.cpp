#include "client/cli/live/scrollback_lines.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/cli/live/run_lines.h"
#include "client/cli/markdown/markdown_stream.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {

void ScrollbackLines::add(std::vector<StyledLine> lines) {
  if (lines.empty()) return;
  after_blank_ = lines.back().empty();
  std::move(lines.begin(), lines.end(), std::back_inserter(lines_));
}

void ScrollbackLines::add_blank() {
  if (!std::exchange(after_blank_, true)) lines_.emplace_back();
}

void ScrollbackLines::add_colored(const std::string& line) { add(colored_lines(line, columns_)); }

void ScrollbackLines::add_heading(const std::string& line) {
  add_blank();
  add_colored(line);
}

void ScrollbackLines::add_markdown(std::string_view text, bool dim) {
  std::vector<StyledLine> lines = markdown_lines(text, columns_);
  for (StyledLine& line : lines) {
    for (Span& span : line) span.style.dim = span.style.dim || dim;
  }
  add(std::move(lines));
}

void ScrollbackLines::add_message(std::string_view text, TextStyle style) {
  const std::string safe = terminal_text(text);
  std::size_t begin = 0;
  while (begin <= safe.size()) {
    const std::size_t end = std::min(safe.find('\n', begin), safe.size());
    add({StyledLine{{safe.substr(begin, end - begin), style}}});
    begin = end + 1;
  }
}

std::vector<StyledLine> ScrollbackLines::take() { return std::exchange(lines_, {}); }

}  // namespace plenum::client
