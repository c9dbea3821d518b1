#include "common/base/word_wrap.h"

#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace plenum {

std::string word_wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  bool line_has_word = false;
  each_word(text, [&](std::string_view word) {
    const std::size_t width = code_points(word);
    if (line_has_word && column + 1 + width > columns) {
      out.append("\n").append(indent, ' ');
      column = indent;
      line_has_word = false;
    }
    if (line_has_word) {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += width;
    line_has_word = true;
    return true;
  });
  return out;
}

std::string paragraphs_wrapped(std::string_view text, std::size_t columns) {
  std::string out, paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) out.append(word_wrapped(paragraph, columns)).push_back('\n');
    paragraph.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() != ' ') {
      paragraph.append(line).push_back(' ');
      continue;
    }
    end_paragraph();
    out.append(line).push_back('\n');
  }
  end_paragraph();
  return out;
}

}  // namespace plenum
