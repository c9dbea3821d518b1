// Whether a word that begins as a vendor's keys do goes on as they do. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/strings.h"

namespace plenum::redaction {

inline bool is_token_byte(char c) { return is_alphanumeric(c) || c == '-' || c == '_'; }

// What stands behind the beginning, byte by byte. A key has at least 20 bytes there, among them a run of 12
// letters and digits that has both. Without that, words joined by hyphens were keys (`sk-your-own-key-goes-here`,
// `sk-learn-cheatsheet-2023`): their parts are words or numbers. Random runs that long almost surely have both.
// Not thread-safe.
class TokenShape {
 public:
  void take(char byte) {
    ++bytes_;
    if (byte == '-' || byte == '_') {
      run_ = {};
      return;
    }
    ++run_.bytes;
    run_.digit |= is_digit(byte);
    run_.letter |= is_letter(byte);
    mixed_ |= run_.bytes >= 12 && run_.digit && run_.letter;
  }
  bool is_key() const { return mixed_ && bytes_ >= 20; }
  // No key is that long without having been recognized.
  bool is_hopeless() const { return bytes_ > 256; }

 private:
  struct Run {
    std::size_t bytes = 0;
    bool digit = false, letter = false;
  };
  std::size_t bytes_ = 0;
  Run run_;
  bool mixed_ = false;
};

}  // namespace plenum::redaction
