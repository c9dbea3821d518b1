#include "common/json/json_writer.h"

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
    const auto byte = static_cast<unsigned char>(text[at]);
    const Utf8Step step = byte < 0x80 ? Utf8Step{1, Utf8Step::Kind::broken} : utf8_step(text.substr(at));
    if (step.kind != Utf8Step::Kind::whole) {
      out.append(text, run, at - run);
      if (byte < 0x80) {
        append_escape(out, byte);
      } else {
        out.append(replacement_character);
      }
      run = at + step.bytes;
    }
    at += step.bytes;
  }
  out.append(text, run);
  out.push_back('"');
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
