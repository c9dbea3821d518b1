// A provider's key. It cannot be printed, copied or compared by accident, and its memory is wiped.
#pragma once

#include <string.h>

#include <string_view>
#include <utility>
#include <vector>

namespace plenum::redaction {

// Const after construction: any thread.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value) : bytes_(value.begin(), value.end()) {}
  ~Secret() { wipe(); }
  // Always on the heap, so that a move transfers the one copy.
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  bool empty() const { return bytes_.empty(); }
  // The value, for two uses only: the request header and redaction.
  std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }

 private:
  void wipe() {
    if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
  }

  std::vector<char> bytes_;
};

}  // namespace plenum::redaction
