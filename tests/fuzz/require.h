// What must hold for any input. An assert would be gone in a release build; the fuzzer needs it in every one.
#pragma once

#include <cstdlib>

namespace plenum::tests {

inline void require(bool holds) {
  if (!holds) std::abort();  // libFuzzer keeps the input
}

}  // namespace plenum::tests
