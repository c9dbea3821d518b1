// getrandom(2) of this program: seeded while a simulation runs.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <optional>

#include "tests/simulation/simulation.h"

namespace plenum::simulation {
namespace {

std::optional<Random>& seeded() {
  static std::optional<Random> random;
  return random;
}

}  // namespace

SeededIds::SeededIds(std::uint64_t seed) { seeded().emplace(seed); }
SeededIds::~SeededIds() { seeded().reset(); }

}  // namespace plenum::simulation

extern "C" ssize_t getrandom(void* buffer, size_t length, unsigned flags) {
  auto& random = plenum::simulation::seeded();
  if (!random) return ::syscall(SYS_getrandom, buffer, length, flags);
  auto* bytes = static_cast<unsigned char*>(buffer);
  for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<unsigned char>(random->next() >> 32U);
  return static_cast<ssize_t>(length);
}
