// A condition that must hold for any input. Unlike assert(), it is checked in release builds too.
#pragma once

#include <cstdlib>

namespace plenum::tests {

inline void require(bool holds) {
  if (!holds) std::abort();  // libFuzzer stores the input
}

}  // namespace plenum::tests
