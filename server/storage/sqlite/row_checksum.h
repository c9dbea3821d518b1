// A checksum over a row, so that a bit that flipped on disk is noticed and never served. Not for secrets:
// it tells accidents, not attacks. Source: XXH3, xxhash.com.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace plenum::storage {

// Not thread-safe: one for each row. Every value counts with its length, so that none can pass for its neighbour.
class RowSum {
 public:
  RowSum() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }

  RowSum& add(std::string_view bytes) {
    add(static_cast<std::int64_t>(bytes.size()));
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
    return *this;
  }
  RowSum& add(std::int64_t value) {
    XXH3_64bits_update(state_.get(), &value, sizeof value);
    return *this;
  }
  // As SQLite keeps it.
  std::int64_t value() const { return static_cast<std::int64_t>(XXH3_64bits_digest(state_.get())); }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

}  // namespace plenum::storage
