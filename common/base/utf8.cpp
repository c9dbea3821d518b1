#include "common/base/utf8.h"

#include <cstring>

namespace plenum {
namespace {

using Kind = Utf8Step::Kind;

// Number of ASCII bytes at the front.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if (word & high_bits) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

// Number of well-formed bytes at the front.
std::size_t well_formed_prefix(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    at += ascii_prefix(text.substr(at));
    if (at == text.size()) return at;
    const Utf8Step step = utf8_step(text.substr(at));
    if (step.kind != Kind::whole) return at;
    at += step.bytes;
  }
}

// Appends text to out with ill-formed parts replaced. Returns an unfinished sequence at its end.
std::string_view append_repaired(std::string_view text, std::string& out) {
  while (true) {
    const std::size_t good = well_formed_prefix(text);
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) return text;
    const Utf8Step step = utf8_step(text);
    if (step.kind == Kind::cut) return text;
    out.append(replacement_character);
    text.remove_prefix(step.bytes);
  }
}

}  // namespace

Utf8Step utf8_step(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, Kind::whole};
  if (lead < 0xC2 || lead > 0xF4) return {1, Kind::broken};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The range of the second byte excludes overlong forms, surrogates and code points past U+10FFFF.
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < size; ++i) {
    if (i == text.size()) return {i, Kind::cut};
    if (byte(i) < low || byte(i) > high) return {i, Kind::broken};
    low = 0x80;
    high = 0xBF;
  }
  return {size, Kind::whole};
}

bool is_utf8(std::string_view text) { return well_formed_prefix(text) == text.size(); }

std::string repaired_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (!append_repaired(text, out).empty()) out.append(replacement_character);
  return out;
}

std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  while (true) {
    const std::size_t ascii = ascii_prefix(text);
    count += ascii;
    text.remove_prefix(ascii);
    if (text.empty()) return count;
    const Utf8Step step = utf8_step(text);
    count += step.kind == Kind::whole ? 1 : step.bytes;
    text.remove_prefix(step.bytes);
  }
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  // A sequence that crosses the limit starts at most three bytes before it.
  for (std::size_t back = 1; back <= 3 && back <= max_bytes; ++back) {
    const Utf8Step step = utf8_step(text.substr(max_bytes - back));
    if (step.kind == Kind::whole) return text.substr(0, step.bytes > back ? max_bytes - back : max_bytes);
  }
  return text.substr(0, max_bytes);
}

void Utf8Joiner::feed(std::string_view piece, std::string& out) {
  if (pending_.empty()) {
    pending_.assign(append_repaired(piece, out));
    return;
  }
  const std::string joined = pending_.append(piece);
  pending_.assign(append_repaired(joined, out));
}

void Utf8Joiner::finish(std::string& out) {
  if (!pending_.empty()) out.append(replacement_character);
  pending_.clear();
}

}  // namespace plenum
