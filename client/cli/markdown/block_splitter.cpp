// Decides for each line whether it continues the open block. Where CommonMark depends on what a paragraph inside of the
// open block allows, the line is added to the block: the parser then decides.
#include "client/cli/markdown/block_splitter.h"

#include <algorithm>
#include <utility>

namespace plenum::client {
namespace {

// Up to `columns` spaces at the front are those of the fence.
std::string_view without_fence_indent(std::string_view line, std::size_t columns) {
  const std::size_t spaces = std::min(line.find_first_not_of(' '), line.size());
  return line.substr(std::min(columns, spaces));
}

}  // namespace

void BlockSplitter::feed(std::string_view line, std::vector<MarkdownPiece>& out) {
  if (open_ == Open::code) return feed_code(line, out);
  const LineForm form = line_form(line);
  if (form.kind == LineKind::blank) {
    if (open_ == Open::paragraph || open_ == Open::quote) close(out);
    return feed_blank();
  }
  switch (open_) {
    case Open::paragraph:
      return feed_paragraph(line, form, out);
    case Open::item:
      return feed_item(line, form, out);
    case Open::quote:
      return feed_quote(line, form, out);
    case Open::indented_code:
      if (form.indent >= 4) return append(line, out);
      close(out);
      break;
    case Open::nothing:
    case Open::code:
      break;
  }
  begin(line, form, out);
}

void BlockSplitter::feed_blank() {
  if (open_ == Open::nothing) {
    after_blank_ = true;
  } else {
    ++blank_lines_;
  }
}

void BlockSplitter::feed_paragraph(std::string_view line, const LineForm& form, std::vector<MarkdownPiece>& out) {
  if (is_heading_underline(line) && form.kind != LineKind::item) {
    append(line, out);
    return close(out);
  }
  if (table_cells_ == 0 && is_table_delimiter(line)) return append_table_delimiter(line, out);
  const bool continues =
      form.kind == LineKind::text || (form.kind == LineKind::item && !form.item.interrupts_paragraph());
  if (continues && table_cells_ > 0) return append(with_table_cells(line, table_cells_), out);
  if (continues) return append(without_definition(line), out);
  close(out);
  begin(line, form, out);
}

// A table may follow the lines of a paragraph without a blank line (GitHub Flavored Markdown, 4.10). The parser
// recognizes it only as a block of its own, and dashes only from three on.
void BlockSplitter::append_table_delimiter(std::string_view line, std::vector<MarkdownPiece>& out) {
  const std::size_t last = text_.rfind('\n', text_.size() - 2);
  const std::size_t begin = last == text_.npos ? 0 : last + 1;
  const std::string header = text_.substr(begin, text_.size() - 1 - begin);
  const bool table = header.find('|') != header.npos && table_cells(header) == table_cells(line);
  // The parser would also make a table of another number of columns, without the further cells of the header.
  if (!table) return append(std::string(line).insert(line.find('|'), 1, '\\'), out);
  if (last != text_.npos) {
    text_.resize(last + 1);
    close(out);
    open_ = Open::paragraph;
    begins_with_ = LineKind::text;
    text_ = header + '\n';
    lines_ = 1;
  }
  table_cells_ = table_cells(line);
  std::string delimiter;
  for (std::size_t i = 0; i < line.size(); ++i) {
    delimiter += line[i];
    if (line[i] == '-' && (i + 1 == line.size() || line[i + 1] != '-')) delimiter += "--";
  }
  append(delimiter, out);
}

void BlockSplitter::feed_item(std::string_view line, const LineForm& form, std::vector<MarkdownPiece>& out) {
  if (form.indent >= item_.content_indent) return append(without_definition(line), out);
  const bool starts_item = form.kind == LineKind::item &&
                           (blank_lines_ > 0 || form.item.same_list(item_) || form.item.interrupts_paragraph());
  const bool continues = blank_lines_ == 0 && (form.kind == LineKind::text || form.kind == LineKind::item);
  if (!starts_item && continues) return append(without_definition(line), out);
  close(out);
  list_continues_ = starts_item && form.item.same_list(item_);
  begin(line, form, out);
}

void BlockSplitter::feed_quote(std::string_view line, const LineForm& form, std::vector<MarkdownPiece>& out) {
  const bool continues = form.kind == LineKind::quote || form.kind == LineKind::text ||
                         (form.kind == LineKind::item && !form.item.interrupts_paragraph());
  if (continues) return append(without_definition(line), out);
  close(out);
  begin(line, form, out);
}

void BlockSplitter::feed_code(std::string_view line, std::vector<MarkdownPiece>& out) {
  if (closes_fence(line, fence_)) {
    open_ = Open::nothing;
    after_blank_ = false;
    return;
  }
  out.push_back({MarkdownPiece::Kind::code_line, std::string(without_fence_indent(line, fence_indent_))});
}

void BlockSplitter::begin(std::string_view line, const LineForm& form, std::vector<MarkdownPiece>& out) {
  begins_with_ = form.kind;
  switch (form.kind) {
    case LineKind::fence:
      out.push_back({MarkdownPiece::Kind::code_begin, std::string(form.fence.info), std::exchange(after_blank_, false),
                     form.kind});
      fence_ = {form.fence.mark, form.fence.length, {}};
      fence_indent_ = form.indent;
      open_ = Open::code;
      return;
    case LineKind::item:
      begin_item(form);
      break;
    case LineKind::quote:
      open_ = Open::quote;
      break;
    default:
      open_ = form.indent >= 4 ? Open::indented_code : Open::paragraph;
  }
  append(open_ == Open::indented_code ? std::string(line) : without_definition(line), out);
  if (form.kind == LineKind::heading || form.kind == LineKind::rule) close(out);
}

// The numbers of a list continue across its items, which are parsed one by one.
void BlockSplitter::begin_item(const LineForm& form) {
  item_number_ = std::exchange(list_continues_, false) ? item_number_ + 1 : form.item.number;
  item_ = form.item;
  open_ = Open::item;
}

void BlockSplitter::append(std::string_view line, std::vector<MarkdownPiece>& out) {
  if (lines_ > 0 && text_.size() + blank_lines_ + line.size() > block_bytes_max) {
    const bool blank = blank_lines_ > 0;
    close(out);
    open_ = Open::paragraph;
    begins_with_ = LineKind::text;
    after_blank_ = blank;
  }
  text_.append(std::exchange(blank_lines_, 0), '\n');
  text_ += line;
  text_ += '\n';
  ++lines_;
}

void BlockSplitter::close(std::vector<MarkdownPiece>& out) {
  if (open_ == Open::nothing || open_ == Open::code) return;
  const bool too_long = text_.size() > block_bytes_max + 1;
  MarkdownPiece piece{too_long ? MarkdownPiece::Kind::plain : MarkdownPiece::Kind::block, std::move(text_),
                      after_blank_, begins_with_};
  if (open_ == Open::item && item_.ordered) piece.item_number = item_number_;
  out.push_back(std::move(piece));
  open_ = Open::nothing;
  text_.clear();
  lines_ = 0;
  after_blank_ = std::exchange(blank_lines_, 0) > 0;
  table_cells_ = 0;
  in_inner_code_ = false;
}

void BlockSplitter::finish(std::vector<MarkdownPiece>& out) {
  close(out);
  *this = {};
}

// A link reference definition is shown as text, because the texts that refer to it may be in blocks that are already
// shown. The parser would remove it.
std::string BlockSplitter::without_definition(std::string_view line) {
  const LineForm form = line_form(line);
  std::size_t at = form.kind == LineKind::item ? form.item.content_offset : 0;
  at = std::min(line.find_first_not_of(" \t>", at), line.size());
  const std::string_view text = line.substr(at);
  if (text.starts_with("```") || text.starts_with("~~~")) in_inner_code_ = !in_inner_code_;
  // The label may contain escaped brackets, and end on a later line.
  const bool definition = text.starts_with('[') && (text.find("]:") != text.npos || text.find(']') == text.npos);
  if (!definition || in_inner_code_) return std::string(line);
  return std::string(line.substr(0, at)) + '\\' + std::string(text);
}

}  // namespace plenum::client
