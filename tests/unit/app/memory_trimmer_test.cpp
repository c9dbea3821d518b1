#include "server/app/memory_trimmer.h"

#include <doctest/doctest.h>

namespace plenum::tests {

TEST_CASE("memory is trimmed once after each peak, when what it took is free again") {
  constexpr std::size_t mebibyte = 1024 * 1024;
  app::MemoryTrimmer trimmer(std::make_shared<runtime::MemoryBudget>());
  CHECK_FALSE(trimmer.is_due(4 * mebibyte, 0));
  CHECK_FALSE(trimmer.is_due(100 * mebibyte, 100 * mebibyte));
  CHECK_FALSE(trimmer.is_due(100 * mebibyte, 95 * mebibyte));
  CHECK(trimmer.is_due(95 * mebibyte, 20 * mebibyte));
  CHECK_FALSE(trimmer.is_due(20 * mebibyte, 20 * mebibyte));
  CHECK(trimmer.is_due(60 * mebibyte, 20 * mebibyte));  // between two calls
}

}  // namespace plenum::tests
