#include "client/cli/markdown/markdown_stream.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/cli/markdown/block_layout.h"
#include "client/cli/markdown/document.h"

namespace plenum::client {
namespace {

constexpr std::size_t tail_bytes_max = 16 * 1024;

void append_plain(std::string_view text, std::size_t columns, std::vector<StyledLine>& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    std::replace(line.begin(), line.end(), '\t', ' ');
    for (StyledLine& part : wrapped({{std::move(line), {}}}, columns)) out.push_back(std::move(part));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// The number of a list item that is parsed alone.
void set_number(MarkdownNode& document, unsigned number) {
  if (document.children.empty()) return;
  MarkdownNode& first = document.children.front();
  if (first.kind == MarkdownNode::Kind::list && first.number) first.number = number;
}

// The last lines of a text, as many as can be needed. The begin of a long line moves in steps, so that its wrapped
// lines do not move with every byte.
std::string_view end_of(std::string_view text, std::size_t lines_max) {
  constexpr std::size_t step = 4096;
  std::size_t begin = text.size();
  for (std::size_t lines = 0; lines <= lines_max && begin > 0; ++lines) {
    begin = text.rfind('\n', begin - 1);
    if (begin == text.npos) begin = 0;
  }
  if (text.size() - begin > tail_bytes_max) begin = (text.size() - tail_bytes_max) / step * step;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) ++begin;
  return text.substr(begin);
}

}  // namespace

void MarkdownStream::feed(std::string_view text, std::vector<StyledLine>& out) {
  std::string filtered;
  filter_.feed(text, filtered);
  std::string_view rest = filtered;
  for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
    line_ += rest.substr(0, end);
    rest.remove_prefix(end + 1);
    take_line(line_);
    line_.clear();
  }
  line_ += rest;
  render(out);
}

void MarkdownStream::finish(std::vector<StyledLine>& out) {
  filter_.finish(line_);
  if (!line_.empty()) take_line(line_);
  splitter_.finish(pieces_);
  render(out);
  *this = MarkdownStream(columns_);
}

void MarkdownStream::take_line(std::string_view line) { splitter_.feed(line, pieces_); }

void MarkdownStream::render(std::vector<StyledLine>& out) {
  for (const MarkdownPiece& piece : pieces_) render_piece(piece, out);
  pieces_.clear();
}

void MarkdownStream::render_piece(const MarkdownPiece& piece, std::vector<StyledLine>& out) {
  using Kind = MarkdownPiece::Kind;
  if (piece.kind != Kind::code_line) separate(piece, out);
  const std::size_t before = out.size();
  if (piece.kind == Kind::code_begin) {
    highlighter_ = CodeHighlighter(code_language(piece.text));
    for (StyledLine& line : code_label(piece.text, columns_)) out.push_back(std::move(line));
  } else if (piece.kind == Kind::code_line) {
    for (StyledLine& line : code_lines(piece.text, highlighter_, columns_)) out.push_back(std::move(line));
  } else {
    auto document = piece.kind == Kind::block ? parse_markdown(piece.text) : std::nullopt;
    if (!document) {
      append_plain(piece.text, columns_, out);
    } else {
      if (piece.item_number) set_number(*document, *piece.item_number);
      for (StyledLine& line : block_lines(*document, columns_)) out.push_back(std::move(line));
    }
  }
  any_line_ |= out.size() > before;
}

// A blank line as in the source, and around code and headings, where models often write none.
void MarkdownStream::separate(const MarkdownPiece& piece, std::vector<StyledLine>& out) {
  const bool code = piece.kind == MarkdownPiece::Kind::code_begin;
  const bool heading = piece.begins_with == LineKind::heading;
  const bool apart = piece.after_blank || code || heading || after_code_;
  if (apart && any_line_) out.emplace_back();
  after_code_ = code;
}

std::vector<StyledLine> MarkdownStream::tail(std::size_t lines_max) const {
  std::vector<StyledLine> out;
  if (splitter_.in_code()) {
    if (line_.empty()) return out;
    CodeHighlighter highlighter = highlighter_;
    out = code_lines(end_of(line_, lines_max), highlighter, columns_);
  } else {
    const bool apart = any_line_ && (splitter_.after_blank() || after_code_);
    const std::string text =
        std::string(end_of(splitter_.open_text(), lines_max)) + std::string(end_of(line_, lines_max));
    if (apart && !text.empty()) out.emplace_back();
    append_plain(text, columns_, out);
  }
  if (out.size() > lines_max) out.erase(out.begin(), std::prev(out.end(), static_cast<std::ptrdiff_t>(lines_max)));
  return out;
}

std::vector<StyledLine> markdown_lines(std::string_view text, std::size_t columns) {
  MarkdownStream stream(columns);
  std::vector<StyledLine> out;
  stream.feed(text, out);
  stream.finish(out);
  return out;
}

}  // namespace plenum::client
