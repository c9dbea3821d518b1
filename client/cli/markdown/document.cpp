// Builds the tree from the callbacks of md4c. The client's only file that includes md4c.
#include "client/cli/markdown/document.h"

#include <md4c.h>

#include <utility>

#include "client/cli/markdown/entities.h"
#include "client/cli/markdown/inline_text.h"
#include "client/cli/terminal/terminal_text.h"

namespace plenum::client {
namespace {

constexpr std::size_t nodes_max = 20'000;
constexpr std::size_t nesting_max = 60;

std::string_view md_view(const MD_CHAR* text, MD_SIZE size) { return {text, size}; }

std::string decoded_attribute(const MD_ATTRIBUTE& attribute) {
  std::string out;
  if (attribute.text == nullptr) return out;
  for (std::size_t i = 0; attribute.substr_offsets[i] < attribute.size; ++i) {
    const MD_OFFSET begin = attribute.substr_offsets[i];
    const std::string_view part = md_view(attribute.text + begin, attribute.substr_offsets[i + 1] - begin);
    out += attribute.substr_types[i] == MD_TEXT_ENTITY ? decoded_entity(part) : std::string(part);
  }
  return out;
}

CellAlign cell_align(const MD_BLOCK_TD_DETAIL& cell) {
  if (cell.align == MD_ALIGN_RIGHT) return CellAlign::right;
  return cell.align == MD_ALIGN_CENTER ? CellAlign::center : CellAlign::left;
}

// The functions return whether parsing continues.
class TreeBuilder {
 public:
  bool enter(MD_BLOCKTYPE type, void* detail);
  bool leave(MD_BLOCKTYPE type);
  bool enter_span(MD_SPANTYPE type, void* detail);
  bool leave_span(MD_SPANTYPE type);
  bool text(MD_TEXTTYPE type, std::string_view text);
  // A limit was exceeded. md4c does not always report that a callback ended parsing.
  bool failed() const { return failed_; }
  MarkdownNode take() { return std::move(open_.front()); }

 private:
  using Kind = MarkdownNode::Kind;

  MarkdownNode node_of(MD_BLOCKTYPE type, void* detail);
  bool open(MarkdownNode node);
  void close();
  // Text of a tight list is directly in its item: it becomes a paragraph.
  bool open_implicit_paragraph();
  void close_implicit_paragraph();
  static bool has_text(Kind kind) { return kind == Kind::paragraph || kind == Kind::heading || kind == Kind::cell; }

  std::vector<MarkdownNode> open_{1};  // from the document to the innermost open block
  InlineText inline_;
  std::size_t nodes_ = 0;
  bool implicit_ = false;  // the innermost block is an implicit paragraph
  bool in_header_ = false;
  bool failed_ = false;
};

MarkdownNode TreeBuilder::node_of(MD_BLOCKTYPE type, void* detail) {
  MarkdownNode node;
  switch (type) {
    case MD_BLOCK_QUOTE:
      node.kind = Kind::quote;
      break;
    case MD_BLOCK_UL:
      node.kind = Kind::list;
      node.tight = static_cast<MD_BLOCK_UL_DETAIL*>(detail)->is_tight != 0;
      break;
    case MD_BLOCK_OL:
      node.kind = Kind::list;
      node.tight = static_cast<MD_BLOCK_OL_DETAIL*>(detail)->is_tight != 0;
      node.number = static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start;
      break;
    case MD_BLOCK_LI: {
      const auto* item = static_cast<MD_BLOCK_LI_DETAIL*>(detail);
      node.kind = Kind::item;
      if (item->is_task != 0) node.checked = item->task_mark != ' ';
      break;
    }
    case MD_BLOCK_HR:
      node.kind = Kind::rule;
      break;
    case MD_BLOCK_H:
      node.kind = Kind::heading;
      node.level = static_cast<MD_BLOCK_H_DETAIL*>(detail)->level;
      break;
    case MD_BLOCK_CODE:
      node.kind = Kind::code;
      node.info = terminal_line(decoded_attribute(static_cast<MD_BLOCK_CODE_DETAIL*>(detail)->info));
      break;
    case MD_BLOCK_TABLE:
      node.kind = Kind::table;
      break;
    case MD_BLOCK_TR:
      node.kind = Kind::row;
      node.header = in_header_;
      break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      node.kind = Kind::cell;
      node.align = cell_align(*static_cast<MD_BLOCK_TD_DETAIL*>(detail));
      break;
    default:
      node.kind = Kind::paragraph;
  }
  return node;
}

bool TreeBuilder::enter(MD_BLOCKTYPE type, void* detail) {
  if (failed_) return false;
  close_implicit_paragraph();
  if (type == MD_BLOCK_DOC || type == MD_BLOCK_TBODY) return true;
  if (type == MD_BLOCK_THEAD) {
    in_header_ = true;
    return true;
  }
  return open(node_of(type, detail));
}

bool TreeBuilder::leave(MD_BLOCKTYPE type) {
  if (failed_) return false;
  close_implicit_paragraph();
  if (type == MD_BLOCK_THEAD) in_header_ = false;
  if (type != MD_BLOCK_DOC && type != MD_BLOCK_TBODY && type != MD_BLOCK_THEAD) close();
  return true;
}

bool TreeBuilder::open(MarkdownNode node) {
  failed_ |= ++nodes_ > nodes_max || open_.size() > nesting_max;
  if (failed_) return false;
  open_.push_back(std::move(node));
  return true;
}

void TreeBuilder::close() {
  MarkdownNode node = std::move(open_.back());
  open_.pop_back();
  if (has_text(node.kind)) node.lines = inline_.take();
  open_.back().children.push_back(std::move(node));
}

bool TreeBuilder::open_implicit_paragraph() {
  if (open_.back().kind != Kind::item) return true;
  implicit_ = true;
  MarkdownNode paragraph;
  paragraph.kind = Kind::paragraph;
  return open(std::move(paragraph));
}

void TreeBuilder::close_implicit_paragraph() {
  if (std::exchange(implicit_, false)) close();
}

bool TreeBuilder::enter_span(MD_SPANTYPE type, void* detail) {
  if (failed_) return false;
  if (!open_implicit_paragraph()) return false;
  switch (type) {
    case MD_SPAN_EM:
      inline_.enter(InlineKind::emphasis);
      break;
    case MD_SPAN_STRONG:
      inline_.enter(InlineKind::strong);
      break;
    case MD_SPAN_DEL:
      inline_.enter(InlineKind::strike);
      break;
    case MD_SPAN_CODE:
      inline_.enter(InlineKind::code);
      break;
    case MD_SPAN_A:
      inline_.enter_link(decoded_attribute(static_cast<MD_SPAN_A_DETAIL*>(detail)->href));
      break;
    case MD_SPAN_IMG:
      inline_.enter_link(decoded_attribute(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src));
      break;
    default:
      break;
  }
  return true;
}

bool TreeBuilder::leave_span(MD_SPANTYPE type) {
  if (failed_) return false;
  switch (type) {
    case MD_SPAN_EM:
      inline_.leave(InlineKind::emphasis);
      break;
    case MD_SPAN_STRONG:
      inline_.leave(InlineKind::strong);
      break;
    case MD_SPAN_DEL:
      inline_.leave(InlineKind::strike);
      break;
    case MD_SPAN_CODE:
      inline_.leave(InlineKind::code);
      break;
    case MD_SPAN_A:
    case MD_SPAN_IMG:
      inline_.leave_link();
      break;
    default:
      break;
  }
  return true;
}

bool TreeBuilder::text(MD_TEXTTYPE type, std::string_view text) {
  if (failed_) return false;
  if (open_.back().kind == Kind::code) {
    open_.back().text += text;
    return true;
  }
  if (!open_implicit_paragraph()) return false;
  switch (type) {
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
      inline_.break_line();
      break;
    case MD_TEXT_ENTITY:
      inline_.add_entity(text);
      break;
    case MD_TEXT_HTML:
      inline_.add_html(text);
      break;
    default:
      inline_.add(text);
  }
  return true;
}

TreeBuilder& builder_of(void* self) { return *static_cast<TreeBuilder*>(self); }

}  // namespace

std::optional<MarkdownNode> parse_markdown(std::string_view text) {
  TreeBuilder builder;
  MD_PARSER parser{};
  parser.flags = MD_DIALECT_GITHUB | MD_FLAG_NOHTMLBLOCKS;
  parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
    return builder_of(self).enter(type, detail) ? 0 : 1;
  };
  parser.leave_block = [](MD_BLOCKTYPE type, void*, void* self) { return builder_of(self).leave(type) ? 0 : 1; };
  parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
    return builder_of(self).enter_span(type, detail) ? 0 : 1;
  };
  parser.leave_span = [](MD_SPANTYPE type, void*, void* self) { return builder_of(self).leave_span(type) ? 0 : 1; };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* part, MD_SIZE size, void* self) {
    return builder_of(self).text(type, md_view(part, size)) ? 0 : 1;
  };
  const int fault = md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &builder);
  if (fault != 0 || builder.failed()) return std::nullopt;
  return builder.take();
}

}  // namespace plenum::client
