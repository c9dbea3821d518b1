#include "common/json/json_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace plenum {
namespace {

bool is_clean(unsigned char byte) { return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\'; }

// The number of leading bytes that need no escape in a JSON string, ASCII only. Checks eight bytes at a time, then byte
// by byte.
std::size_t clean_prefix(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t high_bits = ones * 0x80;
  const auto any_zero = [](std::uint64_t word) { return (word - ones) & ~word & high_bits; };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t control = (word - ones * 0x20) & ~word & high_bits;
    if ((word & high_bits) | control | any_zero(word ^ ones * '"') | any_zero(word ^ ones * '\\')) break;
  }
  while (at < text.size() && is_clean(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

void append_escape(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out.append("\\\"");
      break;
    case '\\':
      out.append("\\\\");
      break;
    case '\n':
      out.append("\\n");
      break;
    case '\r':
      out.append("\\r");
      break;
    case '\t':
      out.append("\\t");
      break;
    case '\b':
      out.append("\\b");
      break;
    case '\f':
      out.append("\\f");
      break;
    default:
      out.append("\\u00");
      append_hex(out, byte);
  }
}

// The line separators outside ASCII, in UTF-8.
constexpr std::string_view next_line = "\xC2\x85";                     // U+0085
constexpr std::string_view separator_lead = "\xE2\x80";                // of both others
constexpr char line_separator = '\xA8', paragraph_separator = '\xA9';  // third bytes of U+2028 and U+2029

// Whether well-formed text has a separator at `at`.
bool is_separator(std::string_view text, std::size_t at) {
  if (text[at] == next_line[0]) return text[at + 1] == next_line[1];
  return text[at] == separator_lead[0] && text[at + 1] == separator_lead[1] &&
         (text[at + 2] == line_separator || text[at + 2] == paragraph_separator);
}

// The bytes of a well-formed sequence at the front that needs no escape. 0: any other text, or a rare sequence, which
// utf8_step() decides on. The second bytes of E0, ED, F0 and above have further rules.
std::size_t plain_sequence(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto is_tail = [&byte](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  if (text.size() < 3) return 0;
  if (byte(0) >= 0xC3 && byte(0) <= 0xDF) return is_tail(1) ? 2 : 0;
  const bool simple = byte(0) > 0xE0 && byte(0) <= 0xEF && byte(0) != 0xED;
  return simple && is_tail(1) && is_tail(2) && !is_separator(text, 0) ? 3 : 0;
}

std::string_view separator_escape(char last_byte) {
  return last_byte == line_separator ? "\\u2028" : last_byte == paragraph_separator ? "\\u2029" : "\\u0085";
}

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[32];  // the longest double is 24 characters
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t run = 0;  // start of the bytes that are not copied yet
  std::size_t at = 0;
  while ((at += clean_prefix(text.substr(at))) < text.size()) {
    if (const auto plain = plain_sequence(text.substr(at)); plain != 0) {
      at += plain;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    const Utf8Step step = byte < 0x80 ? Utf8Step{1, Utf8Step::Kind::broken} : utf8_step(text.substr(at));
    const bool whole = step.kind == Utf8Step::Kind::whole;
    if (!whole || is_separator(text, at)) {
      out.append(text, run, at - run);
      if (byte < 0x80) {
        append_escape(out, byte);
      } else {
        out.append(whole ? separator_escape(text[at + step.bytes - 1]) : replacement_character);
      }
      run = at + step.bytes;
    }
    at += step.bytes;
  }
  out.append(text, run);
  out.push_back('"');
}

std::string with_escaped_separators(std::string json) {
  std::size_t line = json.find(next_line), other = json.find(separator_lead);
  if (line == std::string::npos && other == std::string::npos) return json;
  std::string escaped;
  std::size_t run = 0;
  while (line != std::string::npos || other != std::string::npos) {
    const std::size_t at = std::min(line, other);
    if (is_separator(json, at)) {
      const std::size_t end = at + (at == line ? next_line.size() : separator_lead.size() + 1);
      escaped.append(json, run, at - run).append(separator_escape(json[end - 1]));
      run = end;
    }
    if (at == line) {
      line = json.find(next_line, at + 1);
    } else {
      other = json.find(separator_lead, at + 1);
    }
  }
  return escaped.append(json, run);
}

void JsonFields::key(std::string_view name) {
  if (!first_) out_.push_back(',');
  first_ = false;
  out_.push_back('"');
  out_.append(name);
  out_.append("\":");
}

JsonFields& JsonFields::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, value);
  return *this;
}

JsonFields& JsonFields::number(std::string_view name, std::int64_t value) {
  key(name);
  append_number(out_, value);
  return *this;
}

JsonFields& JsonFields::real(std::string_view name, double value) {
  key(name);
  if (std::isfinite(value)) {
    append_number(out_, value);
  } else {
    out_.append("null");  // JSON has no infinity or NaN
  }
  return *this;
}

JsonFields& JsonFields::flag(std::string_view name, bool value) {
  key(name);
  out_.append(value ? "true" : "false");
  return *this;
}

JsonFields& JsonFields::raw(std::string_view name, std::string_view json) {
  key(name);
  out_.append(json);
  return *this;
}

JsonFields& JsonFields::texts(std::string_view name, const std::vector<std::string>& values) {
  key(name);
  out_.push_back('[');
  for (const std::string& value : values) {
    if (&value != &values.front()) out_.push_back(',');
    append_json_string(out_, value);
  }
  out_.push_back(']');
  return *this;
}

JsonFields& JsonFields::fragment(std::string_view fields) {
  if (fields.empty()) return *this;
  if (!first_) out_.push_back(',');
  first_ = false;
  out_.append(fields);
  return *this;
}

}  // namespace plenum
