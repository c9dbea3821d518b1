// A provider's answer in the dialect of openai.
#include "tests/fuzz/fuzz_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return plenum::tests::fuzz_wire(plenum::wire::DialectName::openai, data, size);
}
