#include "server/provider/protocol/json/json_reader.h"

#include <array>
#include <charconv>

#include "common/base/strings.h"

#include "common/text/utf8_writer.h"

namespace plenum::protocol {

namespace {

// Bytes that end a run of ordinary bytes inside a string.
constexpr std::array<bool, 256> string_stops = [] {
  std::array<bool, 256> stops{};
  for (int c = 0; c < 0x20; ++c) stops[static_cast<std::size_t>(c)] = true;
  stops['"'] = stops['\\'] = true;
  return stops;
}();

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

}  // namespace

JsonReader::Kind JsonReader::kind() {
  skip_space();
  if (failed_ || at_ == end_) return Kind::fault;
  switch (*at_) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return is_digit(*at_) || *at_ == '-' ? Kind::number : Kind::fault;
  }
}

bool JsonReader::enter(char opening) {
  skip_space();
  if (!take(opening) || ++depth_ > depth_max) return fail();
  first_ = true;
  return true;
}

bool JsonReader::next_member(std::string_view& key) {
  skip_space();
  if (failed_) return false;
  if (take('}')) return --depth_, first_ = false;
  if (!first_ && !take(',')) return fail();
  first_ = false;
  skip_space();
  const char* start = at_ + 1;
  if (!skip_string()) return fail();
  key = {start, static_cast<std::size_t>(at_ - 1 - start)};
  skip_space();
  return take(':') || fail();
}

bool JsonReader::next_element() {
  skip_space();
  if (failed_) return false;
  if (take(']')) return --depth_, first_ = false;
  if (!first_ && !take(',')) return fail();
  first_ = false;
  return true;
}

bool JsonReader::read_string(std::string& out) {
  skip_space();
  if (!take('"')) return fail();
  while (at_ != end_) {
    const char* run = at_;
    while (at_ != end_ && !string_stops[static_cast<unsigned char>(*at_)]) ++at_;
    out.append(run, at_);
    if (at_ == end_) break;
    const char stop = *at_++;
    if (stop == '"') return true;
    if (stop != '\\' || !read_escape(out)) return fail();
  }
  return fail();
}

bool JsonReader::read_escape(std::string& out) {
  if (at_ == end_) return false;
  switch (*at_++) {
    case '"':
      return out.push_back('"'), true;
    case '\\':
      return out.push_back('\\'), true;
    case '/':
      return out.push_back('/'), true;
    case 'b':
      return out.push_back('\b'), true;
    case 'f':
      return out.push_back('\f'), true;
    case 'n':
      return out.push_back('\n'), true;
    case 'r':
      return out.push_back('\r'), true;
    case 't':
      return out.push_back('\t'), true;
    case 'u':
      break;
    default:
      return false;
  }
  std::uint32_t unit = 0;
  if (!read_hex4(unit)) return false;
  if (is_high_surrogate(unit) && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u') {
    const char* second = at_;
    std::uint32_t low = 0;
    at_ += 2;
    if (!read_hex4(low)) return false;
    if (is_low_surrogate(low)) return append_utf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), out), true;
    at_ = second;  // not the other half: it is parsed again, separately
  }
  append_utf8(is_high_surrogate(unit) || is_low_surrogate(unit) ? 0xFFFD : unit, out);
  return true;
}

bool JsonReader::read_hex4(std::uint32_t& out) {
  if (end_ - at_ < 4) return false;
  const auto [end, fault] = std::from_chars(at_, at_ + 4, out, 16);
  if (fault != std::errc() || end != at_ + 4) return false;
  at_ += 4;
  return true;
}

bool JsonReader::read_number(double& out) {
  skip_space();
  const char* start = at_;
  if (!skip_number()) return fail();
  std::from_chars(start, at_, out);  // out of range: `out` is unchanged
  return true;
}

bool JsonReader::read_boolean(bool& out) {
  skip_space();
  out = at_ != end_ && *at_ == 't';
  return take_word(out ? "true" : "false") || fail();
}

void JsonReader::skip() {
  const int outside = depth_;
  std::uint64_t objects = 0;  // one bit a level: whether it is an object; depth_max is 64
  static_assert(depth_max <= 64);
  std::string_view key;
  do {
    switch (kind()) {
      case Kind::object:
        objects = objects << 1 | 1U, enter_object();
        break;
      case Kind::array:
        objects <<= 1, enter_array();
        break;
      case Kind::fault:
        fail();
        break;
      default:
        skip_scalar();
        break;
    }
    // Closes everything that ends here, up to the next value or the starting level.
    while (!failed_ && depth_ > outside && !((objects & 1U) != 0 ? next_member(key) : next_element())) objects >>= 1;
  } while (!failed_ && depth_ > outside);
}

bool JsonReader::skip_scalar() {
  switch (*at_) {
    case '"':
      return skip_string() || fail();
    case 't':
      return take_word("true") || fail();
    case 'f':
      return take_word("false") || fail();
    case 'n':
      return take_word("null") || fail();
    default:
      return skip_number() || fail();
  }
}

bool JsonReader::skip_string() {
  if (!take('"')) return false;
  while (at_ != end_) {
    while (at_ != end_ && !string_stops[static_cast<unsigned char>(*at_)]) ++at_;
    if (at_ == end_) return false;
    const char stop = *at_++;
    if (stop == '"') return true;
    if (stop != '\\' || at_ == end_) return false;
    if (*at_ == 'u') {
      ++at_;
      std::uint32_t ignored = 0;
      if (!read_hex4(ignored)) return false;
    } else if (std::string_view("\"\\/bfnrt").find(*at_++) == std::string_view::npos) {
      return false;
    }
  }
  return false;
}

bool JsonReader::skip_number() {
  const auto digits = [this] {
    const char* first = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != first;
  };
  take('-');
  if (at_ != end_ && *at_ == '0') {
    ++at_;
  } else if (!digits()) {
    return false;
  }
  if (take('.') && !digits()) return false;
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (!take('+')) take('-');
    return digits();
  }
  return true;
}

bool JsonReader::finished() {
  skip_space();
  return !failed_ && depth_ == 0 && at_ == end_;
}

bool JsonReader::fail() {
  failed_ = true;
  return false;
}

void JsonReader::skip_space() {
  while (at_ != end_ && is_space(*at_)) ++at_;
}

bool JsonReader::take(char c) {
  if (at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

bool JsonReader::take_word(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

}  // namespace plenum::protocol
