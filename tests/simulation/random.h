// The only source of chance in a simulation. The same seed gives the same numbers on every machine (SplitMix64).
// Source: Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators" (2014).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plenum::simulation {

// Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  // Below `limit`, which is at least 1. The bias of the remainder does not matter here.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace plenum::simulation
