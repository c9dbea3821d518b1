#include "client/cli/full/key_decoder.h"

#include <algorithm>

#include "common/base/utf8.h"

namespace plenum::client {
namespace {

constexpr char escape_byte = '\x1b';
constexpr std::size_t sequence_bytes_max = 32;

KeyKind key_of_final(char final_byte) {
  switch (final_byte) {
    case 'A':
      return KeyKind::up;
    case 'B':
      return KeyKind::down;
    case 'C':
      return KeyKind::right;
    case 'D':
      return KeyKind::left;
    case 'H':
      return KeyKind::home;
    case 'F':
      return KeyKind::end;
    default:
      return KeyKind::other;
  }
}

// `5~`; a modifier may follow the number: `5;2~`.
KeyKind key_of_number(std::string_view parameters) {
  const std::string_view number = parameters.substr(0, parameters.find(';'));
  if (number == "1" || number == "7") return KeyKind::home;
  if (number == "4" || number == "8") return KeyKind::end;
  if (number == "5") return KeyKind::page_up;
  if (number == "6") return KeyKind::page_down;
  return KeyKind::other;
}

KeyKind key_of_control(char byte) {
  if (byte == '\r' || byte == '\n') return KeyKind::enter;
  if (byte == '\x7f' || byte == '\b') return KeyKind::backspace;
  return KeyKind::other;
}

bool is_final_byte(char byte) { return byte >= 0x40 && byte <= 0x7E; }

}  // namespace

void KeyDecoder::feed(std::string_view bytes, std::vector<Key>& out) {
  for (const char byte : bytes) {
    pending_ += byte;
    for (std::size_t used = 1; used > 0 && !pending_.empty(); pending_.erase(0, used)) used = decode(out);
  }
}

void KeyDecoder::flush(std::vector<Key>& out) {
  if (pending_.empty()) return;
  out.push_back({pending_ == "\x1b" ? KeyKind::escape : KeyKind::other});
  pending_.clear();
}

std::size_t KeyDecoder::decode(std::vector<Key>& out) const {
  const char first = pending_.front();
  if (first == escape_byte) return decode_escape(out);
  if (static_cast<unsigned char>(first) < 0x20 || first == 0x7F) {
    out.push_back({key_of_control(first)});
    return 1;
  }
  const Utf8Step step = utf8_step(pending_);
  if (step.kind == Utf8Step::Kind::cut) return 0;
  if (step.kind == Utf8Step::Kind::whole) {
    out.push_back({KeyKind::character, pending_.substr(0, step.bytes)});
  } else {
    out.push_back({KeyKind::other});
  }
  return std::max<std::size_t>(step.bytes, 1);
}

std::size_t KeyDecoder::decode_escape(std::vector<Key>& out) const {
  if (pending_.size() < 2) return 0;
  const char kind = pending_[1];
  if (kind == escape_byte) {  // the escape key before a sequence
    out.push_back({KeyKind::escape});
    return 1;
  }
  if (kind != '[' && kind != 'O') {  // with the Alt key
    out.push_back({KeyKind::other});
    return 2;
  }
  if (pending_.size() < 3) return 0;
  const char last = pending_.back();
  if (!is_final_byte(last) && pending_.size() < sequence_bytes_max) return 0;
  const std::string_view parameters = std::string_view(pending_).substr(2, pending_.size() - 3);
  out.push_back({last == '~' ? key_of_number(parameters) : key_of_final(last)});
  return pending_.size();
}

}  // namespace plenum::client
