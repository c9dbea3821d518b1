#include "client/cli/markdown/code_highlighter.h"

#include <algorithm>
#include <cctype>

#include "common/base/strings.h"

namespace plenum::client {
namespace {

constexpr TextStyle keyword_style{.color = TextColor::magenta};
constexpr TextStyle string_style{.color = TextColor::green};
constexpr TextStyle number_style{.color = TextColor::yellow};
constexpr TextStyle comment_style{.color = TextColor::gray, .italic = true};

bool is_digit_byte(char byte) { return byte >= '0' && byte <= '9'; }
// Bytes above 0x7F are letters of other scripts.
bool is_word_byte(char byte) {
  return byte == '_' || std::isalnum(static_cast<unsigned char>(byte)) != 0 || static_cast<unsigned char>(byte) >= 0x80;
}

std::string_view take_front(std::string_view& rest, std::size_t size) {
  const std::string_view front = rest.substr(0, size);
  rest.remove_prefix(front.size());
  return front;
}

void add_span(StyledLine& line, std::string_view text, const TextStyle& style) {
  if (text.empty()) return;
  if (!line.empty() && line.back().style == style) {
    line.back().text += text;
  } else {
    line.push_back({std::string(text), style});
  }
}

std::size_t word_length(std::string_view text) {
  const bool number = is_digit_byte(text.front());
  const auto* end = std::find_if_not(text.begin(), text.end(),
                                     [&](char byte) { return is_word_byte(byte) || (number && byte == '.'); });
  return static_cast<std::size_t>(end - text.begin());
}

}  // namespace

StyledLine CodeHighlighter::line(std::string_view text) {
  StyledLine line;
  if (language_ == nullptr) {
    add_span(line, text, {});
    return line;
  }
  std::string_view rest = text;
  const TextStyle open_style = open_style_;
  add_span(line, take_open(rest), open_style);
  while (!rest.empty()) {
    if (const auto comment = take_comment(rest); !comment.empty()) {
      add_span(line, comment, comment_style);
    } else if (const auto string = take_string(rest); !string.empty()) {
      add_span(line, string, string_style);
    } else if (is_word_byte(rest.front())) {
      const std::string_view word = take_front(rest, word_length(rest));
      const bool keyword = language_->ignore_case ? is_listed(language_->keywords, lower_case(word))
                                                  : is_listed(language_->keywords, word);
      add_span(line, word, is_digit_byte(word.front()) ? number_style : keyword ? keyword_style : TextStyle{});
    } else {
      add_span(line, take_front(rest, 1), {});
    }
  }
  return line;
}

std::string_view CodeHighlighter::take_open(std::string_view& rest) {
  if (open_until_.empty()) return {};
  const std::size_t end = rest.find(open_until_);
  if (end == rest.npos) return take_front(rest, rest.size());
  const std::string_view taken = take_front(rest, end + open_until_.size());
  open_until_ = {};
  return taken;
}

std::string_view CodeHighlighter::take_long(std::string_view& rest, std::string_view begin, std::string_view end,
                                            TextStyle style) {
  if (begin.empty() || !rest.starts_with(begin)) return {};
  const std::size_t close = rest.find(end, begin.size());
  if (close != rest.npos) return take_front(rest, close + end.size());
  open_until_ = end;
  open_style_ = style;
  return take_front(rest, rest.size());
}

std::string_view CodeHighlighter::take_comment(std::string_view& rest) {
  const std::string_view mark = language_->line_comment;
  if (!mark.empty() && rest.starts_with(mark)) return take_front(rest, rest.size());
  return take_long(rest, language_->comment_begin, language_->comment_end, comment_style);
}

// A quote that is not closed on its line is no string: it is an apostrophe, or the code is of another language.
std::string_view CodeHighlighter::take_string(std::string_view& rest) {
  std::string_view delimiters = language_->long_quotes;
  while (!delimiters.empty()) {
    const std::string_view delimiter = take_front(delimiters, delimiters.find(' '));
    if (!delimiters.empty()) delimiters.remove_prefix(1);
    if (const auto taken = take_long(rest, delimiter, delimiter, string_style); !taken.empty()) return taken;
  }
  const char quote = rest.front();
  if (language_->quotes.find(quote) == std::string_view::npos) return {};
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == quote) {
      return take_front(rest, i + 1);
    }
  }
  return {};
}

}  // namespace plenum::client
