// Whether a word with the prefix of a vendor's key has the format of a key. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/strings.h"

namespace plenum::redaction {

inline bool is_token_byte(char c) { return is_alphanumeric(c) || c == '-' || c == '_'; }

// The bytes after the prefix, one by one. A key has at least 20, with a run of 12 letters and digits that contains
// both. Without that rule, words joined by hyphens would be keys (`sk-your-own-key-goes-here`,
// `sk-learn-cheatsheet-2023`): their parts are words or numbers. Random runs of that length almost certainly contain
// both. Not thread-safe.
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
  // A key would have been recognized by now.
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
