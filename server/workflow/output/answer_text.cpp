// Tokens, JSON objects and keys of the text of a model.
#include "server/workflow/output/answer_text.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "common/base/strings.h"
#include "common/json/json_access.h"

namespace plenum::workflow {

namespace {

constexpr std::string_view open_tags[] = {"<think>", "<thinking>"};
constexpr std::string_view close_tags[] = {"</think>", "</thinking>"};
constexpr std::string_view answer_tags[] = {"<answer>", "</answer>", "<final_answer>", "</final_answer>"};

bool stands_at(std::string_view text, std::size_t at, std::string_view lower_word) {
  if (text.size() - at < lower_word.size()) return false;
  for (std::size_t i = 0; i < lower_word.size(); ++i) {
    if (lower(text[at + i]) != lower_word[i]) return false;
  }
  return true;
}

template <std::size_t n>
const std::string_view* tag_at(std::string_view text, std::size_t at, const std::string_view (&tags)[n]) {
  const auto* found =
      std::find_if(std::begin(tags), std::end(tags), [&](std::string_view tag) { return stands_at(text, at, tag); });
  return found == std::end(tags) ? nullptr : found;
}

// Behind the block that opens with this tag.
std::size_t behind_block(std::string_view text, std::size_t at, std::string_view close) {
  for (at = text.find('<', at); at != std::string_view::npos; at = text.find('<', at + 1)) {
    if (stands_at(text, at, close)) return at + close.size();
  }
  return text.size();
}

// Bytes of 0x80 and above belong to letters of other scripts, except those of punctuation and symbols.
struct Wide {
  std::size_t bytes = 1;
  bool is_letter = true;
  char mark = 0;  // the ASCII mark that it stands for
  long medal = 0;
};
Wide wide_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  if (byte(0) == 0xC2) return {2, byte(1) >= 0xC0, 0, 0};  // Latin-1 signs, such as no-break space and «
  if (byte(0) == 0xE2 && (byte(1) == 0x80 || byte(1) == 0x81)) {
    const bool dash = byte(1) == 0x80 && byte(2) >= 0x90 && byte(2) <= 0x95;
    return {3, false, dash ? '-' : '\0', 0};
  }
  if (byte(0) == 0xE2 && byte(1) >= 0x86 && byte(1) <= 0xAF) return {3, false, 0, 0};    // arrows, signs, dingbats
  if (byte(0) == 0xEF && (byte(1) == 0xB8 || byte(1) == 0xBC)) return {3, false, 0, 0};  // variation selectors
  if (byte(0) == 0xF0 && byte(1) == 0x9F) {
    const bool medal = byte(2) == 0xA5 && byte(3) >= 0x87 && byte(3) <= 0x89;
    return {4, false, 0, medal ? static_cast<long>(byte(3) - 0x86) : 0};
  }
  return {1, true, 0, 0};
}

constexpr std::string_view marks = ".,;:!?)>=/&+-";
constexpr std::size_t digits_max = 4;

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) step();
    return std::move(tokens_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\n') {
      add({Token::Kind::line_end, {}, 0, false});
      line_start_ = true;
      ++at_;
    } else if (c == '\\') {  // \boxed, \text
      ++at_;
      while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    } else if (is_digit(c)) {
      number();
    } else if (is_alphanumeric(c) || (c & 0x80) != 0) {
      word();
    } else {
      const bool quote = c == '>' && line_start_;  // Markdown
      if (!quote && marks.find(c) != std::string_view::npos) add({Token::Kind::mark, text_.substr(at_, 1), 0, false});
      ++at_;
    }
  }

  void number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    const std::size_t digits = at_ - begin;
    long value = 0;
    for (std::size_t i = begin; i < at_ && i < begin + digits_max; ++i) value = value * 10 + (text_[i] - '0');
    const std::size_t suffix = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    const std::string ordinal = lower_case(text_.substr(suffix, at_ - suffix));
    const bool counts = ordinal.empty() || ordinal == "st" || ordinal == "nd" || ordinal == "rd" || ordinal == "th";
    if (counts && digits <= digits_max) {
      add({Token::Kind::number, text_.substr(begin, digits), value, false});
    } else {
      add({Token::Kind::word, text_.substr(begin, at_ - begin), 0, false});
    }
  }

  void word() {
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool inside = c == '\'' || (c == '_' && at_ + 1 < text_.size() && is_alphanumeric(text_[at_ + 1]));
      if (is_alphanumeric(c) || (inside && at_ > begin)) {
        ++at_;
      } else if ((c & 0x80) != 0) {
        const Wide wide = wide_at(text_, at_);
        if (!wide.is_letter) break;
        at_ += wide.bytes;
      } else {
        break;
      }
    }
    at_ = std::min(at_, text_.size());
    if (at_ > begin) return add({Token::Kind::word, text_.substr(begin, at_ - begin), 0, false});
    const Wide wide = wide_at(text_, at_);
    if (wide.medal > 0) add({Token::Kind::number, {}, wide.medal, false});
    if (wide.mark != 0) add({Token::Kind::mark, "-", 0, false});
    at_ = std::min(at_ + wide.bytes, text_.size());
  }

  void add(Token token) {
    token.line_start = line_start_;
    if (token.kind != Token::Kind::line_end) line_start_ = false;
    tokens_.push_back(token);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  bool line_start_ = true;
  std::vector<Token> tokens_;
};

// Behind the object that begins here; npos if it is not closed.
std::size_t end_of_object(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::string without_trailing_commas(std::string_view json) {
  std::string out;
  bool quoted = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted && c == '\\' && at + 1 < json.size()) {
      out.append(json.substr(at++, 2));
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) {
      const std::size_t next = json.find_first_not_of(blanks, at + 1);
      if (next != std::string_view::npos && (json[next] == '}' || json[next] == ']')) continue;
    }
    out += c;
  }
  return out;
}

// Many unclosed braces must not be searched to the end each.
constexpr int unclosed_max = 16;

}  // namespace

std::string visible_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '<') {
      const std::size_t next = std::min(text.find('<', at), text.size());
      out.append(text.substr(at, next - at));
      at = next;
    } else if (const auto* tag = tag_at(text, at, open_tags)) {
      at = behind_block(text, at + tag->size(), close_tags[tag - open_tags]);
      out += '\n';
    } else if (const auto* answer = tag_at(text, at, answer_tags)) {
      at += answer->size();
      out += '\n';
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::vector<Token> tokens_of(std::string_view text) { return Tokenizer(text).run(); }

std::vector<Json> json_objects_in(std::string_view text) {
  std::vector<Json> found;
  int unclosed = 0;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
    const std::size_t end = end_of_object(text, at);
    if (end == std::string_view::npos) {
      if (++unclosed == unclosed_max) break;
      ++at;
      continue;
    }
    auto json = parse_json(without_trailing_commas(text.substr(at, end - at)));
    if (json && json->is_object()) {
      found.push_back(*std::move(json));
      at = end;
    } else {
      ++at;
      if (++unclosed == unclosed_max) break;
    }
  }
  return found;
}

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > ' ' && c != 0x7F) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string normalized_key(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c != '_' && c != '-' && c != ' ') out += lower(c);
  }
  return out;
}

const Json* member_by_key(const Json& object, std::string_view normalized) {
  if (!object.is_object()) return nullptr;
  for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
    if (normalized_key(name) == normalized) return &value;
  }
  return nullptr;
}

}  // namespace plenum::workflow
