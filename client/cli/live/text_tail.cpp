#include "client/cli/live/text_tail.h"

#include <vector>

#include "client/cli/terminal/graphemes.h"

namespace plenum::client {
namespace {

bool is_continuation_byte(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

void TextTail::feed(std::string_view delta) {
  piece_.clear();
  filter_.feed(delta, piece_);
  for (const char byte : piece_) {
    const bool space = byte == ' ' || byte == '\n' || byte == '\t';
    if (!space) {
      words_ += byte;
    } else if (!words_.empty() && words_.back() != ' ') {
      words_ += ' ';
    }
  }
  // Trimmed at twice the size, so that a byte is moved a bounded number of times.
  if (words_.size() < 2 * bytes_max) return;
  std::size_t begin = words_.size() - bytes_max;
  while (begin < words_.size() && is_continuation_byte(words_[begin])) ++begin;
  words_.erase(0, begin);
}

void TextTail::clear() {
  std::string rest;
  filter_.finish(rest);
  words_.clear();
}

std::string fitted_end(std::string_view line, std::size_t columns) {
  while (line.ends_with(' ')) line.remove_suffix(1);
  std::vector<Grapheme> cells;
  std::size_t width = 0;
  for (std::string_view rest = line; !rest.empty();) {
    cells.push_back(next_grapheme(rest));
    width += cells.back().columns;
  }
  if (width <= columns) return std::string(line);
  if (columns == 0) return {};
  std::size_t dropped = 0;
  for (std::size_t i = 0; i < cells.size() && width > columns - 1; ++i) {
    width -= cells[i].columns;
    dropped += cells[i].bytes.size();
  }
  return "…" + std::string(line.substr(dropped));
}

}  // namespace plenum::client
