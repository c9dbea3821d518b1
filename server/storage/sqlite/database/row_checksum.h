// A checksum of a row: detects bits that flipped on disk, so that damaged data is never served. Detects accidents, not
// attacks. Source: XXH3, xxhash.com.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace plenum::storage {

// Not thread-safe: one per row. Each text is hashed with its length: otherwise bytes could move to an adjacent column
// without changing the checksum.
class RowChecksum {
 public:
  RowChecksum() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }

  RowChecksum& add(std::string_view bytes) {
    add(static_cast<std::int64_t>(bytes.size()));
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
    return *this;
  }
  RowChecksum& add(std::int64_t value) {
    XXH3_64bits_update(state_.get(), &value, sizeof value);
    return *this;
  }
  // As SQLite stores it.
  std::int64_t value() const { return static_cast<std::int64_t>(XXH3_64bits_digest(state_.get())); }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

}  // namespace plenum::storage
