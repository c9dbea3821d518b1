// A provider's answer in the dialect of openrouter.
#include "tests/fuzz/fuzz_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return plenum::tests::fuzz_wire(plenum::wire::DialectName::openrouter, data, size);
}
